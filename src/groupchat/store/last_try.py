"""The last try: a command that keeps losing to others decides while it holds the writers' lock, so it can't lose again.

Deciding first and checking afterwards favors commands that read little and come often. An opt-out reads all groups of a number, and
a message sent in any of them invalidates its decision. In the last try, the committer begins the transaction, takes the lock that
orders all writers, and only then lets the command decide on the stored state. No stream can move until its events are stored in the
same transaction. The command waits in the same queue as all other appends, so this is also fair.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from groupchat.store.append import Tails
from groupchat.store.decision import Loaded, StreamKind
from groupchat.store.mapper import EventMapper
from groupchat.store.refusals import VersionConflictError
from groupchat.store.states import States, fold_tails
from groupchat.values.event import Recorded

S = TypeVar("S")
T = TypeVar("T")

LONGEST_SECONDS = 5.0
"""The time that a command has to decide while all others wait for it."""


class LockedStreams:
    """A decision's streams as they are stored while the lock is held; implements `decision.Streams`.

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
        return await self._states.newest(stream, topics, limit)


def under_lock(
    loop: asyncio.AbstractEventLoop,
    states: States,
    mapper: EventMapper,
    decide: Callable[[LockedStreams], Awaitable[T]],
    seconds: float,
) -> Callable[[Tails], T]:
    """Return the function that the committer calls in its thread while it holds the lock; it waits for the event loop to decide.

    Raises `VersionConflictError` if deciding takes longer than `seconds`, because the others can't wait any longer.
    """

    def call(tails: Tails) -> T:
        async def decided() -> T:
            with ThreadPoolExecutor(1, thread_name_prefix="last-try") as reader:  # only the transaction's connection
                async with asyncio.timeout(seconds):
                    return await decide(LockedStreams(states, mapper, lambda above: loop.run_in_executor(reader, tails, above)))

        deciding = asyncio.run_coroutine_threadsafe(decided(), loop)
        try:
            return deciding.result(2 * seconds)
        except TimeoutError as error:
            deciding.cancel()
            msg = "Other requests keep changing the same thing. Nothing was stored. Try again."
            raise VersionConflictError(msg) from error

    return call
