"""The last try: a command that keeps losing to others is decided while the writers' lock is held, so it can't lose again.

Deciding first and checking afterwards favors commands that read little and come often: an opt-out holds the versions of all groups
of a number, and each message sent in any of them makes it wrong. In the last try the committer begins the transaction, takes the
lock that orders all writers, and only then lets the command decide, on what is stored at that moment. Nobody can move anything
until its events are stored, in the same transaction. It waits for its turn as every other append does, so it is fair, too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from groupchat.store.decision import Loaded, StreamKind
from groupchat.store.mapper import EventMapper
from groupchat.store.recorder import Tails
from groupchat.store.refusals import VersionConflictError
from groupchat.store.states import States, fold_tails

S = TypeVar("S")
T = TypeVar("T")

LONGEST_SECONDS = 5.0
"""The time that a command has to decide while all others wait for it."""


class LockedStreams:
    """A decision's streams as they are stored while the lock is held; fulfils `decision.Streams`.

    What is known of a stream from memory is not read again, only what is stored above that.
    """

    def __init__(self, states: States, mapper: EventMapper, read: Callable[[Mapping[str, int]], Awaitable[Any]]) -> None:
        self._states = states
        self._mapper = mapper
        self._read = read

    def peek(self, _stream: str) -> None:
        """Return nothing: memory may be behind."""
        return

    async def load_all(self, kind: StreamKind[S, Any], streams: Sequence[str]) -> dict[str, Loaded[S]]:
        """Return several streams."""
        folded: dict[str, Loaded[S]] = {stream: self._states.settled(stream) for stream in streams}
        found = await self._read({stream: loaded.version for stream, loaded in folded.items()})
        for error in fold_tails(self._mapper, dict.fromkeys(streams, kind), folded, found).values():
            raise error
        return folded


def under_lock(
    loop: asyncio.AbstractEventLoop, states: States, mapper: EventMapper, decide: Callable[[LockedStreams], Awaitable[T]]
) -> Callable[[Tails], T]:
    """Return what the committer calls in its thread with the lock held: it lets the event loop decide, and waits for that.

    Raises `VersionConflictError` where deciding takes so long that the others can't be kept waiting.
    """

    def call(tails: Tails) -> T:
        async def decided() -> T:
            with ThreadPoolExecutor(1, thread_name_prefix="last-try") as reader:  # the transaction's connection, and nothing else
                async with asyncio.timeout(LONGEST_SECONDS):
                    return await decide(LockedStreams(states, mapper, lambda above: loop.run_in_executor(reader, tails, above)))

        deciding = asyncio.run_coroutine_threadsafe(decided(), loop)
        try:
            return deciding.result(2 * LONGEST_SECONDS)
        except TimeoutError as error:
            deciding.cancel()
            msg = "Other requests keep changing the same thing. Nothing was stored. Try again."
            raise VersionConflictError(msg) from error

    return call
