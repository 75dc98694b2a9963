"""Every event that a history shows has words."""

import pytest

from groupchat.aggregates import group_state
from groupchat.audit import timeline, words
from groupchat.audit.history import Step
from tests.golden.examples import EXAMPLES
from tests.projections.histories import log_of
from tests.support.given_when_then import fold

GROUP = fold(group_state.evolve, [EXAMPLES["groupchat.conversation.created.v1"]])


def of(stream: str) -> list[str]:
    return [name for name in EXAMPLES if name.startswith(f"groupchat.{stream}.")]


@pytest.mark.parametrize("name", of("conversation"))
def test_each_event_of_a_conversation_has_words_R32(name):
    (recorded,) = log_of([("cnv_1", EXAMPLES[name])])
    said = words.what(Step(recorded=recorded, before=GROUP, after=GROUP))

    assert said
    assert said == words.plain(said)


@pytest.mark.parametrize("name", of("delivery"))
def test_each_event_of_a_delivery_has_words_R28(name):
    (recorded,) = log_of([("delivery-msg_1", EXAMPLES[name])])
    said = timeline.went(GROUP, recorded)

    assert said
    assert said == words.plain(said)
