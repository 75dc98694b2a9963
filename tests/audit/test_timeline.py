"""The timeline: the time, author and text of each entry, its changes, and its consequences (R31, R32)."""

import msgspec
from hypothesis import given, settings
from msgspec.structs import replace

from groupchat.aggregates import delivery, group_state
from groupchat.audit import compare, timeline, words
from groupchat.audit.as_of import Cut
from groupchat.audit.history import History
from groupchat.projections import ledger
from tests.audit.lives import Life, lives
from tests.projections.histories import updated
from tests.support.builders import a_group, number, recorded
from tests.support.given_when_then import fold


def until(history: History, version: int) -> History:
    return history.upto(Cut(position=history.events[version - 1].position))


@given(life=lives())
@settings(max_examples=40)
def test_every_event_has_an_entry_whose_changes_are_the_differences_between_the_two_states_R32(life: Life):
    whole = life.history
    entries = list(timeline.entries(whole))
    assert [entry.event.id for entry in entries] == [recorded.id for recorded in whole.events]
    assert entries[0].changed == ()
    for entry in entries[1:]:
        before, after = (until(whole, version).state for version in (entry.event.version - 1, entry.event.version))
        group = compare.conversations(before.conversation, after.conversation)
        assert entry.changed == (*group, *compare.panes(before.participants, after.participants))


@given(life=lives())
@settings(max_examples=40)
def test_every_delivery_and_every_billed_line_appears_with_its_message_once_R25(life: Life):
    whole = life.history
    led_to = [each for entry in timeline.entries(whole) for each in entry.led_to]
    went = [each for each in led_to if not each.what.startswith(("billed", "credited"))]
    billed = [each for each in led_to if each not in went]
    assert {event.id for each in went for event in each.events} == {recorded.id for recorded in whole.deliveries}
    lines = [line for recorded in life.log if (line := ledger.line_of(recorded))]
    assert sorted(each.events[0].id for each in billed) == sorted(f"{line.event.stream}/{line.event.version}" for line in lines)


@given(life=lives())
@settings(max_examples=20)
def test_a_timeline_up_to_a_version_is_the_beginning_of_the_whole_one_R32(life: Life):
    whole = life.history
    entries = list(timeline.entries(whole))
    for version in range(1, len(entries) + 1):
        shorter = list(timeline.entries(until(whole, version)))
        assert [(entry.event, entry.what, entry.changed) for entry in shorter] == [
            (entry.event, entry.what, entry.changed) for entry in entries[:version]
        ]


def test_an_entry_shows_names_numbers_changes_and_money_R24_R31():
    life = Life(reopens=False)
    life.send(1, 1, 0)
    life.begin(1, 1, 0)
    life.opt_out(2, 3, 0)
    created, sent, out = timeline.entries(life.history)
    assert created.what.startswith("created the group of +14155550001, Contact 2 (+14155550002), Cleo (+14155550003) with")
    assert (sent.who, sent.what.partition(" to ")[0]) == ("Ann Owner (usr_ann)", 'sent "Hello all"')
    assert [each.what for each in sent.led_to] == [
        "billed 3 segments at 0.0200 USD: 0.0600 USD (entries 1 to 3 of cnv_1/2)",
        "handed to the carrier simulator for all 3 participants",
    ]
    assert out.what == "Cleo (+14155550003) opted out, by a keyword in the message msg_stop"
    assert [each.words() for each in out.changed] == [
        "cnv_1: blocked: no → yes",
        "cnv_1: blocked by: none → +14155550003",
        "+14155550003: listed among: participants → opted out",
        "+14155550003: opted out at: none → 2025-01-31 23:59:35 UTC",
    ]


@given(life=lives())
@settings(max_examples=30)
def test_differences_are_reported_in_both_directions_and_none_for_equal_states_R32(life: Life):
    whole = life.history
    first, last = until(whole, 1).state, whole.state
    there, back = compare.states(first, last), compare.states(last, first)
    assert {(each.of, each.field, str(each.before), str(each.after)) for each in there} == {
        (each.of, each.field, str(each.after), str(each.before)) for each in back
    }
    assert compare.states(last, last) == []
    assert {each.of for each in there if each.field == "message"} == {message.id for message in last.messages}
    assert msgspec.json.encode(there)


def test_a_withheld_message_differs_in_the_status_of_each_recipient_R28():
    life = Life(reopens=False)
    life.send(1, 1, 0)
    life.opt_out(2, 1, 0)
    before = life.history.state
    life.begin(3, 1, 0)
    assert life.log[-1].stream == delivery.stream("msg_1")
    assert [each.words() for each in compare.states(before, life.history.state)] == [
        f"msg_1: status for +1415555000{n}: queued → withheld" for n in (1, 2, 3)
    ]


def test_peoples_texts_have_no_effect_on_a_terminal():
    assert words.plain("a\x1b[2Jb\r\n\u202ec\u2028\x9b") == "a\\u001b[2Jb\\u000d\\u000a\\u202ec\\u2028\\u009b"
    assert words.quoted("\U0001f469\U0001f3fd\u200d\U0001f692 é") == '"\U0001f469\U0001f3fd\u200d\U0001f692 é"'


def test_a_failed_text_is_shown_with_the_carriers_reason_R49():
    group = fold(group_state.evolve, [a_group()])
    text = timeline.went(group, recorded(updated("msg_1", number(1), "failed", code="30006")), {})
    assert text == f"failed: {number(1)} (The number is a landline, or cannot receive texts; the carrier's code: 30006)"


def test_one_report_of_a_carrier_is_one_entry_with_recipients_of_the_same_status_together_R28():
    group = fold(group_state.evolve, [a_group()])
    reported = updated("msg_1", (number(1), number(2)), "delivered")
    reported = replace(reported, outcomes=reported.outcomes + updated("msg_1", number(3), "failed").outcomes)
    assert timeline.went(group, recorded(reported), {}) == f"delivered: {number(1)}, {number(2)}; failed: {number(3)}"
