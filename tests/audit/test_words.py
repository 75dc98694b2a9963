"""Every event that a history shows has words."""

import pytest
from msgspec.structs import replace

from groupchat.aggregates import group_state
from groupchat.aggregates.consent import Cause
from groupchat.aggregates.group_events import ParticipantContactDeleted
from groupchat.audit import timeline, words
from groupchat.audit.history import Step
from tests.golden.examples import EXAMPLES
from tests.projections.histories import log_of, opted_out
from tests.support.builders import a_group, a_participant, number
from tests.support.given_when_then import fold

GROUP = fold(group_state.evolve, [EXAMPLES["groupchat.conversation.created.v1"]])


def of(stream: str) -> list[str]:
    return [name for name in EXAMPLES if name.startswith(f"groupchat.{stream}.")]


@pytest.mark.parametrize("name", of("conversation"))
def test_each_event_of_a_conversation_has_words_R32(name):
    (recorded,) = log_of([("cnv_1", EXAMPLES[name])])
    text = words.what(Step(recorded=recorded, before=GROUP, after=GROUP), {})

    assert text
    assert text == words.plain(text)


@pytest.mark.parametrize("name", of("delivery"))
def test_each_event_of_a_delivery_has_words_R28(name):
    (recorded,) = log_of([("delivery-msg_1", EXAMPLES[name])])
    text = timeline.went(GROUP, recorded, {})

    assert text
    assert text == words.plain(text)


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("user", "recorded by Ann (usr_ann)"),
        ("dnd", "by do-not-disturb of the contact unknown, set by Ann (usr_ann)"),
        ("carrier", "reported by the carrier for the message usr_ann"),
    ],
)
def test_who_recorded_an_opt_out_is_called_by_name_R14(cause: Cause, text: str):
    group = fold(group_state.evolve, [a_group()])
    event = replace(opted_out(1, cause), evidence="usr_ann")
    assert words.opted(event, group, {"usr_ann": "Ann"}) == f"{number(1)} opted out, {text}"


def test_a_deleted_contact_is_called_by_its_participant_R9():
    group = fold(group_state.evolve, [a_group(a_participant(1, contact=True, name="Eli"), a_participant(2))])
    (recorded,) = log_of([("cnv_1", ParticipantContactDeleted(contact_id="ctc_1"))])
    assert (
        words.what(Step(recorded=recorded, before=group, after=group), {}) == f"the contact of Eli ({number(1)}) was deleted (R9)"
    )


def test_recipients_are_counted_only_if_they_are_all_participants_R8():
    group = fold(group_state.evolve, [a_group()])
    assert words.everybody(group, group.numbers) == f"all {len(group.numbers)} participants"
    assert words.everybody(group, group.numbers[:1]) == group.numbers[0]
