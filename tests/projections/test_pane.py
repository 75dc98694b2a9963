"""The participants' pane: R9, R19, R29."""

import pytest
from hypothesis import given

from groupchat.aggregates.group_events import (
    ParticipantContactDeleted,
    ParticipantContactNumberChanged,
    ParticipantContactRenamed,
    Unblocked,
)
from groupchat.projections import pane
from groupchat.projections.pane import Pane, PaneRow, Person
from groupchat.store.database import Database
from groupchat.values.event import Event
from tests.projections.histories import Story, follow, log_of, opted_in, opted_out, received, sent, stories
from tests.support.builders import a_group, a_participant, moment, number

GROUP = a_group(a_participant(1, contact=True), a_participant(2, name="Bo"), a_participant(3))


def held(*events: Event) -> PaneRow:
    row = pane.current(None, log_of(("cnv_1", event) for event in events))
    assert row is not None
    return row


def shown(*events: Event, q: str | None = None) -> Pane:
    return pane.shown(held(GROUP, *events), q)


def numbers(people: tuple[Person, ...]) -> list[str]:
    return [person.number for person in people]


def test_everybody_is_listed_with_their_name_and_contact_if_they_have_one_R9():
    assert shown() == Pane(
        participants=(
            Person(number=number(1), name="Contact 1", contact_id="ctc_1"),
            Person(number=number(2), name="Bo", contact_id=None),
            Person(number=number(3), name=None, contact_id=None),
        ),
        opted_out=(),
    )


def test_tags_come_and_go_with_their_cause_R9():
    changed = ParticipantContactNumberChanged(contact_id="ctc_1", number=number(1), numbers=(number(9),))
    back = ParticipantContactNumberChanged(contact_id="ctc_1", number=number(1), numbers=(number(9), number(1)))
    assert shown(changed).participants[0].tags == ("updated",)
    assert shown(changed, back).participants[0].tags == ()
    assert shown(ParticipantContactDeleted(contact_id="ctc_1"), changed).participants[0].tags == ("updated", "deleted")


def test_a_renamed_contact_is_shown_by_its_new_name_R11():
    assert shown(ParticipantContactRenamed(contact_id="ctc_1", name="Dana")).participants[0].name == "Dana"


def test_a_participant_who_opted_out_is_listed_apart_with_the_time_R19():
    apart = shown(opted_out(2))
    assert numbers(apart.participants) == [number(1), number(3)]
    assert apart.opted_out == (Person(number=number(2), name="Bo", contact_id=None, opted_out_at=moment(2)),)


def test_a_person_who_opted_in_again_stays_apart_while_they_block_the_group_R17():
    (person,) = shown(opted_out(2), opted_in(2)).opted_out
    assert (person.opted_out_at, person.opted_in_at) == (moment(2), moment(3))


def test_he_is_in_again_only_when_no_cause_is_left_R19():
    (person,) = shown(opted_out(1), opted_out(1, "dnd"), opted_in(1)).opted_out
    assert (person.opted_out_at, person.opted_in_at) == (moment(2), None)
    (person,) = shown(opted_out(1), opted_out(1, "dnd"), opted_in(1), opted_in(1, "dnd")).opted_out
    assert (person.opted_out_at, person.opted_in_at) == (moment(2), moment(5))


def test_a_second_opt_out_counts_from_its_own_time_R19():
    (person,) = shown(opted_out(2), opted_in(2), opted_out(2)).opted_out
    assert (person.opted_out_at, person.opted_in_at) == (moment(4), None)


def test_an_unblocked_group_has_everybody_back_R17():
    assert shown(opted_out(2), opted_in(2), Unblocked()) == shown()


@given(story=stories())
def test_everybody_is_in_exactly_one_list_after_any_history_R19(story: Story):
    rows: dict[str, PaneRow | None] = {}
    for recorded in log_of(story):
        rows[recorded.stream] = pane.current(rows.get(recorded.stream), [recorded])
    for row in filter(None, rows.values()):
        both = pane.shown(row)
        assert sorted(numbers(both.participants + both.opted_out)) == sorted(row.group.numbers)
        assert set(numbers(both.opted_out)) == set(row.group.blocked_by)
        assert all(person.opted_out_at for person in both.opted_out)


def test_messages_change_nothing_here():
    assert held(GROUP, sent("msg_1"), received("msg_2")) == held(GROUP)


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("bo", [number(2)]),
        ("CONTACT", [number(1)]),
        ("c\u00f3ntact", [number(1)]),
        ("\u202a555\u20110003\u202c", [number(3)]),
        ("555 0003", [number(3)]),
        ("+1 (415) 555-000", [number(1), number(2), number(3)]),
        ("nobody", []),
        (" ", [number(1), number(2), number(3)]),
    ],
)
def test_participants_are_found_by_name_or_number_R29(q: str, expected: list[str]):
    found = shown(opted_out(2), q=q)
    assert sorted(numbers(found.participants + found.opted_out)) == expected


async def test_the_stored_pane_is_the_folds_R33(database: Database):
    events = (GROUP, opted_out(2), sent("msg_1"), opted_in(2), ParticipantContactDeleted(contact_id="ctc_1"))
    await follow(database, pane.VIEW, log_of(("cnv_1", event) for event in events))
    with database.read() as connection:
        assert pane.held(connection, "cnv_1") == held(*events)
        assert pane.one(connection, "cnv_1") == pane.shown(held(*events))
        assert pane.one(connection, "cnv_1", "dana") == Pane(participants=(), opted_out=())
        assert pane.one(connection, "cnv_unknown") is None
