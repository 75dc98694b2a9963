"""Why a message was sent or withheld, an entry charged, a conversation blocked: the right event decides (R15, R16, R24, R25)."""

import re

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from groupchat.aggregates import delivery
from groupchat.aggregates.delivery_events import Withheld
from groupchat.aggregates.group_events import InboundReceived, MessageSent, Unblocked
from groupchat.aggregates.workspace_events import NumberGivenUp, RatePosted
from groupchat.audit import explain, explain_block, explain_entry
from groupchat.audit.as_of import Cut, is_message
from groupchat.audit.explanation import EventRef, Explanation
from groupchat.audit.history import History
from groupchat.projections import ledger
from groupchat.values.errors import InvalidRequestError, NotFoundError
from groupchat.values.event import Event, Recorded
from tests.audit.lives import WORKSPACE, Life, lives
from tests.projections.histories import (
    cost_reported,
    log_of,
    opted_in,
    opted_out,
    received,
    sent,
    started,
    stories,
    updated,
    withheld,
)
from tests.support.builders import BUSINESS, a_group, a_number_added, a_participant, a_policy, a_rate, a_workspace, moment, number

ONE, TWO = number(1), number(2)
ON_THE_WAY = delivery.stream("msg_1")


def history(*story: tuple[str, Event]) -> History:
    """Return the history of `cnv_1` in a story that begins with its creation."""
    return history_in(log_of(story))


def history_in(log: list[Recorded]) -> History:
    def of(prefix: str) -> list[Recorded]:
        return [each for each in log if each.stream.startswith(prefix)]

    return History(events=of("cnv_1"), deliveries=of("delivery-"), workspace=of("wsp_"))


def text_of(explanation: Explanation) -> str:
    return "\n".join([explanation.summary, *(each.says for each in explanation.grounds)])


# --- any life that the rules allow


@given(life=lives())
@settings(max_examples=60)
def test_each_refused_message_is_explained_by_the_opt_out_that_blocked_the_group_R15(life: Life):
    for version, blocker in life.refused:
        whole = life.history
        then = whole.upto(Cut(position=whole.events[version - 1].position))
        explained = explain_block.block(then)
        assert (explained.verdict, explained.decided_by.id, explained.contradicts) == ("blocked", blocker, False)


@given(life=lives())
@settings(max_examples=60)
def test_each_message_is_explained_by_the_events_that_let_it_through_or_withheld_it_R16(life: Life):
    whole = life.history
    for message in life.messages:
        id_ = message.event.message_id
        explained = explain.message(whole, id_)
        begun, sent_ = id_ in life.begun, isinstance(message.event, MessageSent)
        first = f"{delivery.stream(id_)}/1"
        expected = ("sent" if sent_ else "relayed", first) if begun else ("waiting" if sent_ else "received", message.id)
        expected = ("withheld", life.withheld[id_]) if id_ in life.withheld else expected
        assert (explained.verdict, explained.decided_by.id, explained.contradicts) == (*expected, False)


@given(life=lives())
@settings(max_examples=60)
def test_each_entry_of_the_ledger_is_explained_by_its_message_or_by_the_opt_out_that_took_it_back_R24_R25(life: Life):
    whole = life.history
    for recorded in life.log:
        line = ledger.line_of(recorded)
        for entry in line.entries() if line else ():
            explained = explain_entry.entry(whole, entry.id)
            credited = isinstance(recorded.event, Withheld)
            expected = ("credited", life.withheld[entry.message_id]) if credited else ("charged", recorded.id)
            if credited:
                assert f"cnv_1/{whole.message(entry.message_id).recorded.version}/" in text_of(explained)
            assert (explained.verdict, explained.decided_by.id, explained.contradicts) == (*expected, False)
            assert f"{entry.rate} {entry.currency}" in text_of(explained)


@given(life=lives())
@settings(max_examples=60)
def test_the_rate_is_that_of_the_line_of_the_rate_card_that_was_in_effect_R25(life: Life):
    whole = life.history
    for message in life.messages:
        if not isinstance(message.event, MessageSent):
            continue
        begun = [
            each
            for each in whole.workspace
            if isinstance(each.event, RatePosted)
            and each.position < message.position
            and each.event.effective_from <= message.at.date()
        ]
        expected = max(begun, key=lambda each: (each.event.effective_from, each.version)).id if begun else message.id
        (line,) = (each for each in explain.message(whole, message.event.message_id).grounds if each.says.startswith("The rate is"))
        assert line.event.id == expected
        assert ("the default" in line.says) == (not begun)


@given(story=stories())
@settings(max_examples=60)
def test_everything_in_any_log_is_explained(story: list[tuple[str, Event]]):
    log = log_of(story)
    for id_ in {each.stream for each in log if each.stream.startswith("cnv_")}:
        of = [each for each in log if each.stream == id_]
        ids = {each.event.message_id for each in of if is_message(each)}
        deliveries = [each for each in log if each.stream.startswith("delivery-") and each.event.message_id in ids]
        found = History(events=of, deliveries=deliveries, workspace=[each for each in log if each.stream == WORKSPACE])
        explained = [explain_block.block(found), *(explain.message(found, message_id) for message_id in ids)]
        for each in (*of, *deliveries):
            line = ledger.line_of(each)
            explained += [explain_entry.entry(found, entry.id) for entry in (line.entries() if line else ())]
        decided = {each.id: EventRef.to(each) for each in (*of, *deliveries)}
        assert all(each.decided_by == decided[each.decided_by.id] for each in explained)


# --- what a line says


def test_a_message_shows_its_numbers_its_authors_view_its_rate_and_each_status_R8_R9_R25():
    roster = (a_participant(1), a_participant(2, contact=True))
    gone = [("cnv_1", each) for each in (received("msg_0", 2, "Bob"),)]
    found = history(
        (WORKSPACE, a_workspace()),
        (WORKSPACE, RatePosted(effective_from=moment(0).date(), rate=a_rate("0.03"))),
        ("cnv_1", a_group(*roster)),
        *gone,
        ("cnv_1", sent("msg_1", price="0.03")),
        (ON_THE_WAY, started("msg_1", ONE, TWO)),
        (ON_THE_WAY, updated("msg_1", TWO, "delivered")),
    )
    explained = explain.message(found, "msg_1")
    assert [line.event and line.event.id for line in explained.grounds] == [
        "cnv_1/3",
        "cnv_1/1",
        "cnv_1/2",
        None,
        "wsp_1/2",
        "cnv_1/3",
        "delivery-msg_1/1",
        "delivery-msg_1/2",
    ]
    for text in (
        'sent "Hello all" to all 2 participants, by the request req_1',
        f"exactly the 2 numbers that were frozen when the group was created: {ONE}, {TWO} (R7, R8)",
        f"participants: {ONE}, Contact 2 ({TWO}); opted out: nobody",
        "0.03 USD per segment, in effect from 2025-01-31, posted by usr_ann (R25)",
        "billed 2 segments at 0.03 USD: 0.06 USD (entries 1 to 2 of cnv_1/3)",
        f"the status delivered for Contact 2 ({TWO})",
    ):
        assert text in text_of(explained)


def test_the_pane_is_shown_as_of_that_time_even_after_a_block_was_lifted_R17_R19():
    reopening = a_group(policy=a_policy(reopen_on_opt_in=True))
    story = [reopening, opted_out(1), opted_in(1), Unblocked(), sent("msg_1"), opted_out(2)]
    found = history(*(("cnv_1", event) for event in story))
    explained = explain.message(found, "msg_1")
    assert "opted out: nobody" in text_of(explained)
    opened = next(line for line in explained.grounds if "open again" in line.says)
    assert opened.event.id == "cnv_1/4"
    assert explain_block.block(found).decided_by.id == "cnv_1/6"
    assert explain_block.block(found, ONE).verdict == "open"
    assert explain_block.block(found, ONE).decided_by.id == "cnv_1/4"
    assert explain_block.block(found, TWO).decided_by.id == "cnv_1/6"


def test_a_keyword_leads_to_its_opt_out_and_back_R14():
    stop = replace(opted_out(1), evidence="msg_1")
    found = history(("cnv_1", a_group()), ("cnv_1", received("msg_1", body="Stop!")), ("cnv_1", stop))
    line = next(line for line in explain.message(found, "msg_1").grounds if "keyword (R14)" in line.says)
    assert line.event.id == "cnv_1/3"
    assert 'by a keyword in the message msg_1 ("Stop!")' in text_of(explain_block.block(found))


def test_a_keyword_that_changed_nothing_says_so_R14():
    found = history(("cnv_1", a_group()), ("cnv_1", received("msg_1", body="START")))
    assert "changed nothing" in text_of(explain.message(found, "msg_1"))


def test_a_block_says_that_nothing_was_sent_since_and_why_an_opt_in_does_not_lift_it_R16_R17():
    story = [a_group(), sent("msg_1"), opted_out(1), opted_in(1)]
    explained = explain_block.block(history(*(("cnv_1", event) for event in story)))
    assert "Nothing was sent or handed over after the last opt-out: the last message before it is msg_1" in text_of(explained)
    assert "has reopen_on_opt_in off (R17)" in text_of(explained)


def test_an_entry_and_its_credit_name_each_other_R16():
    found = history(
        ("cnv_1", a_group()), ("cnv_1", sent("msg_1")), ("cnv_1", opted_out(1)), (ON_THE_WAY, withheld("msg_1", ONE, TWO))
    )
    charged, credited = explain_entry.entry(found, "cnv_1/2/2"), explain_entry.entry(found, "delivery-msg_1/1/2")
    assert "delivery-msg_1/1/2 reverses it" in text_of(charged)
    assert "cnv_1/2/2 is the entry that it reverses" in text_of(credited)
    assert (charged.decided_by.id, credited.decided_by.id) == ("cnv_1/2", "cnv_1/3")


def test_a_message_that_waited_when_its_number_was_given_up_says_so_R56():
    given_up = (WORKSPACE, NumberGivenUp(number=BUSINESS))
    story = [(WORKSPACE, a_workspace()), (WORKSPACE, a_number_added()), ("cnv_1", a_group()), ("cnv_1", sent("msg_1")), given_up]
    found = history(*story, (ON_THE_WAY, withheld("msg_1", ONE)))
    explained = explain.message(found, "msg_1")
    assert (explained.verdict, explained.decided_by.id, explained.contradicts) == ("withheld", f"{WORKSPACE}/3", False)
    assert explained.summary == f"The message was withheld because {BUSINESS} was given up before it went (R56)."


# --- what the rules forbid is called so

BLOCKED = (("cnv_1", a_group()), ("cnv_1", sent("msg_1")), ("cnv_1", opted_out(1)))


@pytest.mark.parametrize(
    ("story", "text"),
    [
        ((("cnv_1", a_group()), ("cnv_1", opted_out(1)), ("cnv_1", sent("msg_1"))), "R15 forbids this message"),
        ((("cnv_1", a_group()), ("cnv_1", sent("msg_1", number(9)))), "R8 forbids this"),
        ((("cnv_1", a_group()), ("cnv_1", sent("msg_1")), (ON_THE_WAY, withheld("msg_1", ONE))), "R16 doesn't explain it"),
        ((*BLOCKED, (ON_THE_WAY, started("msg_1", ONE))), r"cnv_1/3\): R16 forbids this"),
        (
            ((WORKSPACE, a_workspace()), ("cnv_1", a_group()), ("cnv_1", sent("msg_1", price="0.5"))),
            "0.0200 USD was in effect: R25",
        ),
    ],
)
def test_a_message_that_the_rules_forbid_is_called_so(story: tuple[tuple[str, Event], ...], text: str):
    explained = explain.message(history(*story), "msg_1")
    assert explained.contradicts
    assert re.search(text, text_of(explained))


@pytest.mark.parametrize(
    ("story", "text"),
    [
        (
            (("cnv_1", a_group()), ("cnv_1", opted_out(1)), ("cnv_1", sent("msg_1"))),
            "msg_1 was accepted while the group was blocked: R15",
        ),
        ((*BLOCKED, (ON_THE_WAY, started("msg_1", ONE))), "handed over after an opt-out that followed it: R16"),
    ],
)
def test_a_message_sent_after_an_opt_out_is_marked_R16(story: tuple[tuple[str, Event], ...], text: str):
    explained = explain_block.block(history(*story))
    assert explained.contradicts
    assert text in text_of(explained)


def test_a_second_call_to_the_carrier_is_described_as_such():
    story = (("cnv_1", a_group()), ("cnv_1", sent("msg_1")), *[(ON_THE_WAY, started("msg_1", ONE))] * 2)
    text = text_of(explain.message(history(*story), "msg_1"))
    assert text.count("It was handed to the carrier") == 1
    assert text.count("The last call had not reached the carrier, so it was handed to the carrier") == 1


# --- what there is not


def test_unknown_things_are_reported_with_the_known_ones():
    found = history(*BLOCKED)
    with pytest.raises(NotFoundError, match="no message msg_9 in cnv_1"):
        explain.message(found, "msg_9")
    with pytest.raises(NotFoundError, match="with 2 entries in the ledger: there is no cnv_1/2/3"):
        explain_entry.entry(found, "cnv_1/2/3")
    with pytest.raises(NotFoundError, match="participant_opted_out, with no entries"):
        explain_entry.entry(found, "cnv_1/3/1")
    with pytest.raises(NotFoundError, match="no event cnv_1/9"):
        explain_entry.entry(found, "cnv_1/9/1")
    with pytest.raises(NotFoundError, match="is not a participant of cnv_1"):
        explain_block.block(found, number(9))


@pytest.mark.parametrize("id_", ["", "cnv_1", "cnv_1/2", "cnv_1/x/1", "cnv_1/1/-1", "/1/1", "cnv_1/²/1"])
def test_an_entrys_id_has_a_stream_a_version_and_a_number(id_: str):
    with pytest.raises(InvalidRequestError, match="not an entry's id"):
        explain_entry.read_entry_id(id_)


def test_an_inbound_message_was_recorded_in_any_state_of_the_group_R15():
    found = history(("cnv_1", a_group()), ("cnv_1", opted_out(1)), ("cnv_1", received("msg_1", 2)))
    explained = explain.message(found, "msg_1")
    assert isinstance(found.events[2].event, InboundReceived)
    assert (explained.verdict, explained.decided_by.id, explained.contradicts) == ("received", "cnv_1/3", False)


def test_only_a_call_is_made_again_R16():
    begun, ended = (ON_THE_WAY, started("msg_1", ONE)), (ON_THE_WAY, withheld("msg_1", ONE))
    text = text_of(explain.message(history(*BLOCKED, begun, begun, ended), "msg_1"))
    assert text.count("The last call had not reached the carrier") == 1
    assert "\nIt was withheld from" in text


def test_an_entry_is_explained_with_what_the_carrier_charges_for_it_R26():
    told = history(
        ("cnv_1", a_group()),
        ("cnv_1", sent("msg_1", ONE, TWO)),
        (ON_THE_WAY, started("msg_1", ONE, TWO)),
        (ON_THE_WAY, cost_reported("msg_1", TWO)),
    )
    words = "The carrier charged 0.0080 USD for it (R26)."
    assert words in text_of(explain_entry.entry(told, "cnv_1/2/2"))
    assert words not in text_of(explain_entry.entry(told, "cnv_1/2/1"))
