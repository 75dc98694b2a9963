"""An append: the events of one decision, and how a batch of appends is judged while the writers' lock is held. Pure."""

from collections.abc import Callable, Mapping, Sequence

from eventsourcing.persistence import Notification, StoredEvent
from msgspec import Struct
from msgspec.structs import replace

from groupchat.store.answers import StoredAnswer
from groupchat.store.fences import Fence, LeaseLostError

Tails = Callable[[Mapping[str, int]], list[Notification]]
"""Reads the events of several streams above the version given for each, in the order of the log."""


class Conflict(Struct, frozen=True):
    """The append's outcome if streams that it read have moved: their ids."""

    streams: tuple[str, ...]


Result = int | StoredAnswer | Conflict | Exception | None
"""The outcome of an append: the position of its last event, the response that its key already has, a failure, or none yet."""


class Append(Struct, eq=False):
    """Events to store together, and the version of every stream that the decision read or writes.

    A stream in `passing` may have moved since, by events of these types alone: the decision doesn't depend on them. `after` are the
    unfinished appends that it was decided on; if one of them fails, this one fails too. `keep` is the response to store with the
    events under the request's key; `fence` is the lease that must still be held. `decide` produces events and `expected` only while
    the lock is held; such an append is alone in its batch. `outcome` is set when the append is done: the position of its last event
    (or of the log's end if it has none), the response that its key already has (then nothing is stored), or an error.
    """

    events: Sequence[StoredEvent]
    expected: Mapping[str, int]
    passing: Mapping[str, frozenset[str]] = {}
    after: Sequence["Append"] = ()
    keep: StoredAnswer | None = None
    fence: Fence | None = None
    decide: "Callable[[Tails], Append] | None" = None
    outcome: Result = None


class BatchState(Struct):
    """The state of the store that a batch is judged by, as read with the lock held. Judging updates it."""

    position: int
    """The end of the log."""
    heads: dict[str, int]
    """The versions of the streams that the appends name."""
    kept: dict[tuple[str, str], StoredAnswer]
    """The responses under the appends' keys."""
    generations: Mapping[str, int]
    """The generations of the leases that the appends name."""
    stopping: dict[str, dict[int, str]] = {}
    """By stream and version, the types of the events above the appends' versions that some append doesn't let pass."""


class Judgment(Struct):
    """The outcome of each append of a batch, and the rows to insert."""

    outcomes: list[int | StoredAnswer | Conflict | LeaseLostError] = []
    events: list[StoredEvent] = []
    answers: list[StoredAnswer] = []


def judge(batch: Sequence[Append], stored: BatchState) -> Judgment:
    """Judge the appends of a batch in their order, each on the state that the ones before it lead to."""
    judgment = Judgment()
    failed: set[int] = set()
    for append in batch:
        outcome = _lost(append, stored.generations) or _outcome(append, stored, stored.position + len(judgment.events), failed)
        judgment.outcomes.append(outcome)
        if not isinstance(outcome, int):
            failed.add(id(append))
            continue
        judgment.events.extend(append.events)
        for event in append.events:
            stream = str(event.originator_id)
            stored.heads[stream] = event.originator_version
            stored.stopping.setdefault(stream, {})[event.originator_version] = event.topic
        if append.keep is not None:
            stored.kept[append.keep.key.name] = answer = replace(append.keep, position=outcome)
            judgment.answers.append(answer)
    return judgment


def _lost(append: Append, held: Mapping[str, int]) -> LeaseLostError | None:
    """Return the error of an append that has lost its lease."""
    fence = append.fence
    return None if fence is None or held.get(fence.name) == fence.generation else LeaseLostError(fence)


def _outcome(append: Append, stored: BatchState, position: int, failed: set[int]) -> int | StoredAnswer | Conflict:
    """Return the position after an append, or what is stored instead; `position` is the end of the log before it."""
    if append.keep is not None and (before := stored.kept.get(append.keep.key.name)) is not None:
        return before
    if any(id(earlier) in failed or isinstance(earlier.outcome, StoredAnswer | Conflict | Exception) for earlier in append.after):
        return Conflict(tuple(append.expected))
    moved = tuple(stream for stream, version in append.expected.items() if _has_moved(append, stream, version, stored))
    return Conflict(moved) if moved else position + len(append.events)


def _has_moved(append: Append, stream: str, version: int, stored: BatchState) -> bool:
    """Return whether a stream is not as the decision knew it, apart from events that don't matter to it."""
    head = stored.heads.get(stream, 0)
    if head == version:
        return False
    passing = append.passing.get(stream)
    if passing is None or head < version:
        return True
    return any(each > version and type_ not in passing for each, type_ in stored.stopping.get(stream, {}).items())
