"""The meaning of messages in old events: the keywords of that time, not today's (R14, R34)."""

from dataclasses import replace

import pytest

from groupchat.aggregates import keywords
from groupchat.aggregates.group_events import InboundReceived
from groupchat.aggregates.keywords_v1 import keyword_v1
from groupchat.store.mapper import EventMapper
from tests.support.builders import CAUSE, moment, number

THEN = {
    "opt-out": (
        *("STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "OPT OUT", "OPT-OUT", "ARRET"),
        *("stop", " Stop! ", "\u00ab Arr\u00eat \u00bb", "Arre\u0302t", "Stop\nall", "stop \U0001f6d1", "(quit)"),
    ),
    "opt-in": ("START", "UNSTOP", "YES", "yes.", " Start! "),
    None: (None, "", "...", "STOP it", "please stop", "nonstop", "OPT--OUT", "yes please", "yes\u2764", "HELP", "\U0001f6d1"),
}
"""Messages and the keyword that each was recognized as. It never changes."""

CASES = [(meaning, body) for meaning, bodies in THEN.items() for body in bodies]


def as_it_was_stored(body):
    """Return an inbound message as the first version stored it."""
    mapper = EventMapper()
    event = InboundReceived(message_id="msg_1", number=number(1), name="Ann", body=body, media=(), carrier_message_id="SM1")
    stored = mapper.store(event, "cnv_1", 2, moment(2), CAUSE)
    state = stored.state.replace(b',"keyword":null', b"").replace(b'"v":2', b'"v":1')
    assert b"keyword" not in state
    return replace(stored, state=state)


@pytest.mark.parametrize(("meaning", "body"), CASES)
def test_a_message_stored_without_a_keyword_is_read_by_the_list_of_its_time_R14_R34(meaning, body):
    assert keyword_v1(body) == meaning
    assert EventMapper().restore(as_it_was_stored(body)).event.keyword == meaning


def test_a_change_of_todays_keywords_changes_no_old_meaning_R14_R34(monkeypatch):
    monkeypatch.setattr(keywords, "_OUT", frozenset({"genug"}))
    monkeypatch.setattr(keywords, "_YES", frozenset({"weiter"}))
    assert [keywords.keyword(word, alone=True) for word in ("STOP", "YES", "Genug!")] == [None, None, "opt-out"]
    assert [EventMapper().restore(as_it_was_stored(word)).event.keyword for word in ("STOP", "YES", "Genug!")] == [
        "opt-out",
        "opt-in",
        None,
    ]


def test_todays_messages_keep_their_recognized_keyword_when_the_list_changes_R14_R34(monkeypatch):
    mapper = EventMapper()
    event = InboundReceived(
        message_id="msg_1", number=number(1), name="Ann", body="Genug", media=(), carrier_message_id="SM1", keyword="opt-out"
    )
    assert mapper.restore(mapper.store(event, "cnv_1", 2, moment(2), CAUSE)).event.keyword == "opt-out"
