"""The list of numbers with do-not-disturb (R36)."""

from groupchat.aggregates import do_not_disturb as rules
from groupchat.aggregates.do_not_disturb import LeftBehind, Lifted, TurnedOff, TurnedOn
from groupchat.projections import do_not_disturb
from groupchat.projections.do_not_disturb import NumberWithDnd
from groupchat.projections.paging import PageRequest
from tests.projections.histories import follow, items, log_of
from tests.support.builders import CAUSE, moment, number

ONE, TWO = number(1), number(2)


def story(*events):
    return log_of([(rules.stream(CAUSE.workspace_id, event.number), event) for event in events])


def on(n, who="ctc_1"):
    return TurnedOn(number=number(n), contact_id=who)


def left(n, who="ctc_1"):
    return LeftBehind(number=number(n), contact_id=who)


async def listed(database, *events, **asked):
    await follow(database, do_not_disturb.VIEW, story(*events))
    with database.read() as connection:
        return items(do_not_disturb.page(connection, CAUSE.workspace_id, **asked), NumberWithDnd)


async def test_a_number_is_listed_for_each_contact_through_which_dnd_applies_R36(database):
    assert await listed(database, on(2, "ctc_2"), on(1), on(1, "ctc_2"), left(1)) == [
        NumberWithDnd(number=ONE, since=moment(2), contact_id="ctc_1", left_behind=True),
        NumberWithDnd(number=ONE, since=moment(3), contact_id="ctc_2", left_behind=False),
        NumberWithDnd(number=TWO, since=moment(1), contact_id="ctc_2", left_behind=False),
    ]


async def test_a_number_whose_dnd_ended_is_no_longer_listed_R36(database):
    off = TurnedOff(number=ONE, contact_id="ctc_2")
    lifted = Lifted(number=TWO, reason="A wrong number")
    held = [on(1, "ctc_1"), left(1, "ctc_1"), on(1, "ctc_2"), on(1, "ctc_3"), off, on(2), left(2), lifted]
    assert await listed(database, *held) == [NumberWithDnd(number=ONE, since=moment(4), contact_id="ctc_3", left_behind=False)]


async def test_a_contact_that_has_its_number_again_has_its_dnd_since_then_R36(database):
    assert await listed(database, on(1), left(1), on(1)) == [
        NumberWithDnd(number=ONE, since=moment(1), contact_id="ctc_1", left_behind=False)
    ]


async def test_a_single_number_is_looked_up_R36(database):
    assert [each.number for each in await listed(database, on(1), on(2), number=TWO)] == [TWO]


async def test_a_repeated_event_changes_nothing_R33(database):
    events = story(on(1), left(1), on(1, "ctc_2"), TurnedOff(number=ONE, contact_id="ctc_2"), on(2))
    await follow(database, do_not_disturb.VIEW, events)
    with database.write() as connection:
        do_not_disturb.VIEW.apply(connection, events)
    with database.read() as connection:
        (only,) = items(do_not_disturb.page(connection, CAUSE.workspace_id), NumberWithDnd)
    assert only.number == TWO


async def test_do_not_disturb_entries_are_listed_page_by_page_for_one_workspace_R36(database):
    await follow(database, do_not_disturb.VIEW, story(*(on(n) for n in range(5))))
    with database.read() as connection:
        first = do_not_disturb.page(connection, CAUSE.workspace_id, wanted=PageRequest(limit=3))
        second = do_not_disturb.page(connection, CAUSE.workspace_id, wanted=PageRequest(first.next_cursor, 3))
        assert do_not_disturb.page(connection, "wsp_2").items == ()
    assert [each.number for page in (first, second) for each in items(page, NumberWithDnd)] == [number(n) for n in range(5)]
    assert second.next_cursor is None
