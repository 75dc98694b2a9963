"""Judging a batch: the events that may pass between a decision and its append. Pure."""

import pytest
from eventsourcing.persistence import StoredEvent

from groupchat.store.append import Append, BatchState, Conflict, judge

PASSES = {"a": frozenset({"message"})}


def event(stream: str, version: int, topic: str) -> StoredEvent:
    return StoredEvent(originator_id=stream, originator_version=version, topic=topic, state=b"{}")


def outcome_of(*batch: Append, head: int = 1, stopping: dict[int, str] | None = None) -> object:
    """Return the last append's outcome, in a store whose stream `a` is at `head`."""
    state = BatchState(position=9, heads={"a": head}, kept={}, generations={}, stopping={"a": stopping or {}})
    return judge(batch, state).outcomes[-1]


@pytest.mark.parametrize(
    ("head", "stopping", "stored"),
    [(1, {}, True), (3, {}, True), (3, {2: "opt-out"}, False), (3, {1: "opt-out"}, True), (0, {}, False)],
)
def test_an_append_is_stored_if_its_stream_was_moved_only_by_events_that_may_pass(head, stopping, stored):
    outcome = outcome_of(Append([event("b", 1, "started")], {"a": 1, "b": 0}, PASSES), head=head, stopping=stopping)
    assert outcome == (10 if stored else Conflict(("a",)))


def test_a_stream_that_nothing_may_pass_must_not_have_moved():
    assert outcome_of(Append([], {"a": 1}), head=2) == Conflict(("a",))


@pytest.mark.parametrize(("topic", "stored"), [("message", True), ("opt-out", False)])
def test_earlier_events_of_the_same_batch_count_too(topic, stored):
    moves = Append([event("a", 2, topic)], {"a": 1})
    assert outcome_of(moves, Append([], {"a": 1}, PASSES)) == (10 if stored else Conflict(("a",)))
