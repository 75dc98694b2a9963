"""Folding a stream takes time by its length, not by the square of it: those streams that somebody with few rights can make long."""

import time

import pytest

from groupchat.aggregates import consent, do_not_disturb, phone_book, workspace_state
from groupchat.aggregates.user_keys import MAX_KEYS
from groupchat.aggregates.workspace_events import KeyIssued, KeyRevoked
from tests.support.builders import BUSINESS, a_workspace, moment, number, recorded

SHORT, LONG = 500, 8_000
SQUARE = (LONG / SHORT) ** 2
SAID = {"business_number": BUSINESS, "number": number(1)}


def listed(n):
    return phone_book.NumberListed(number=number(1), contact_id=f"ctc_{n}", contact_since=moment(n))


def refused(n):
    return do_not_disturb.TurnedOn(number=number(1), contact_id=f"ctc_{n}")


def left_behind(n):
    kind = do_not_disturb.LeftBehind if n % 2 else do_not_disturb.TurnedOn
    return kind(number=number(1), contact_id=f"ctc_{n // 2}")


def joined(n):
    return consent.GroupJoined(**SAID, conversation_id=f"cnv_{n}")


def consented(n):
    kind = consent.OptedOut if n % 2 else consent.OptedIn
    return kind(**SAID, cause="keyword", evidence="msg_1", carrier_message_id=f"SM{n}")


def issued(n):
    return KeyIssued(key_id=f"key_{n}", user_id=f"usr_{n // MAX_KEYS}", key_hash=f"{n:064x}") if n else a_workspace()


def revoked(n):
    return issued(n) if n < SHORT else KeyRevoked(key_id=f"key_{n - SHORT + 1}") if n % 2 else issued(n)


LONG_STREAMS = {
    "contacts with one number": (phone_book.evolve, listed),
    "contacts with DND on and one number": (do_not_disturb.evolve, refused),
    "contacts that leave their DND behind": (do_not_disturb.evolve, left_behind),
    "groups of one number": (consent.evolve, joined),
    "keywords of one number": (consent.evolve, consented),
    "keys": (workspace_state.evolve, issued),
    "keys that are revoked": (workspace_state.evolve, revoked),
}


def seconds(evolve, event, count):
    """Return the processor's time that it takes to fold events, the best of two."""
    history = [recorded(event(n), version=n + 1) for n in range(count)]
    took = []
    for _ in range(2):
        state, begun = None, time.process_time()
        for each in history:
            state = evolve(state, each)
        took.append(time.process_time() - begun)
    return min(took)


@pytest.mark.parametrize("what", LONG_STREAMS)
def test_a_long_stream_folds_in_a_time_that_grows_with_its_length(what):
    evolve, event = LONG_STREAMS[what]
    assert seconds(evolve, event, LONG) / seconds(evolve, event, SHORT) < SQUARE / 4
