"""The last try: a command that keeps losing to others decides while it holds the writers' lock, so it can't lose again.

Deciding first and checking afterwards favors commands that read little and come often. An opt-out reads all groups of a number, and
a message sent in any of them invalidates its decision. In the last try, the committer begins the transaction, takes the lock that
orders all writers, and only then lets the command decide on the stored state. No stream can move until its events are stored in the
same transaction. The command waits in the same queue as all other appends, so this is also fair.

Its time is limited, because all others wait. The limit is for a command that waits for something, not for one that has much to do:
each stream that it reads extends it. So the opt-out of a phone is stored however many groups the phone is in (R16).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic
from typing import Any, TypeVar

from eventsourcing.persistence import Notification

from groupchat.store.append import Tails
from groupchat.store.decision import Loaded, StreamKind
from groupchat.store.mapper import EventMapper
from groupchat.store.refusals import VersionConflictError
from groupchat.store.states import States, fold_tails
from groupchat.values.event import Recorded

S = TypeVar("S")
T = TypeVar("T")

LONGEST_SECONDS = 5.0
"""The time that a command has to decide while all others wait for it, if it reads few streams."""
STREAMS = 2_500
"""The number of streams that extend this time by as much again, which is about 20 times what they take."""


class LockedStreams:
    """A decision's streams as they are stored while the lock is held; implements `decision.StreamReader`.

    Only the events above the version in memory are read.
    """

    def __init__(self, states: States, mapper: EventMapper, read: Callable[[Mapping[str, int]], Awaitable[Any]]) -> None:
        self._states = states
        self._mapper = mapper
        self._read = read

    def glance(self, _stream: str, _since: int) -> None:
        """Return nothing, because nothing may pass while the lock is held."""
        return

    def peek(self, _stream: str) -> None:
        """Return nothing, because memory may be outdated."""
        return

    async def load_all(self, kind: StreamKind[S, Any], streams: Sequence[str]) -> dict[str, Loaded[S]]:
        """Return several streams."""
        folded: dict[str, Loaded[S]] = {stream: self._states.settled(stream) for stream in streams}
        found = await self._read({stream: loaded.version for stream, loaded in folded.items()})
        for error in fold_tails(self._mapper, dict.fromkeys(streams, kind), folded, found).values():
            raise error
        return folded

    async def newest(self, stream: str, topics: Sequence[str], limit: int) -> list[Recorded]:
        """Return a stream's newest stored events of these types, the newest first."""
        return await self._states.newest_stored(stream, topics, limit)


def under_lock(
    loop: asyncio.AbstractEventLoop,
    states: States,
    mapper: EventMapper,
    decide: Callable[[LockedStreams], Awaitable[T]],
    seconds: float,
) -> Callable[[Tails], T]:
    """Return the function that the committer calls in its thread while it holds the lock; it waits for the event loop to decide.

    It raises `VersionConflictError` if deciding takes longer than `seconds` and what its streams add, because the others can't wait
    any longer.
    """

    def call(tails: Tails) -> T:
        time = _Time(seconds)

        async def decided() -> T:
            with ThreadPoolExecutor(1, thread_name_prefix="last-try") as reader:  # only the transaction's connection
                async with asyncio.timeout(seconds) as limit:

                    async def read(above: Mapping[str, int]) -> list[Notification]:
                        limit.reschedule(loop.time() + time.left_with(len(above)))
                        return await loop.run_in_executor(reader, tails, above)

                    return await decide(LockedStreams(states, mapper, read))

        deciding = asyncio.run_coroutine_threadsafe(decided(), loop)
        try:
            return _result(deciding, time)
        except TimeoutError as error:
            deciding.cancel()
            raise VersionConflictError from error

    return call


class _Time:
    """The time that a decision has, from now on."""

    def __init__(self, seconds: float) -> None:
        self._each = seconds / STREAMS
        self._ends = monotonic() + seconds

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return self._ends - monotonic()

    def left_with(self, streams: int) -> float:
        """Extend the time by what reading so many streams adds, and return the seconds that are left."""
        self._ends += streams * self._each
        return self.left


def _result(deciding: Future[T], time: _Time) -> T:
    """Wait for a decision. The event loop ends it in time; raises `TimeoutError` even if the loop is stuck."""
    while True:
        try:
            return deciding.result(max(0.0, time.left) + LONGEST_SECONDS)
        except TimeoutError:
            if deciding.done() or time.left < 0:
                raise
