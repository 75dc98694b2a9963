"""Watching the log for one reader: what he may see of it, in order, from a position on, for as long as his login holds.

Rights are those of the moment at which a batch is read, not of when the stream began: whatever changes them is in the log,
before all that comes after it.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

from msgspec import Struct

from groupchat.aggregates.access import Access
from groupchat.aggregates.workspace import Workspace
from groupchat.commands.caller import Caller, UnauthenticatedError
from groupchat.commands.logins import Login
from groupchat.commands.streams import WORKSPACE
from groupchat.queries.watching import visible
from groupchat.store.event_store import EventStore
from groupchat.values.event import Recorded

BATCH = 100

Encode = Callable[[Recorded], bytes]


class Pace(Struct, frozen=True, kw_only=True):
    """What an operator decides of streams; times in seconds. `stall`: a reader who takes nothing for so long is cut off."""

    per_key: int = 10
    heartbeat: float = 15.0
    stall: float = 30.0
    lifetime: float = 3_600.0


class Reader(Struct, frozen=True):
    """Who watches, and what he showed."""

    login: Login
    who: Caller


class LogReader:
    """Reads the log for all streams of a process: those that stand at the same position share one reading."""

    def __init__(self, store: EventStore) -> None:
        self.store = store
        self._reading: dict[int, asyncio.Task[Sequence[Recorded]]] = {}

    async def above(self, position: int) -> Sequence[Recorded]:
        """Return the next events above a position, none at the log's end."""
        while (task := self._reading.get(position)) is not None:
            if found := await asyncio.shield(task):
                return found  # else look anew: that reading may have begun before what we were woken for
        task = asyncio.create_task(self._read(position))
        self._reading[position] = task
        return await asyncio.shield(task)

    async def _read(self, position: int) -> Sequence[Recorded]:
        try:
            return await asyncio.to_thread(self.store.follow_log, position, BATCH)
        finally:
            del self._reading[position]


class Watch:
    """What one reader is sent."""

    def __init__(self, log: LogReader, pace: Pace, reader: Reader, after: int, encode: Encode) -> None:
        self._log = log
        self._store = log.store
        self._pace = pace
        self._login, self._who = reader.login, reader.who
        self._position = after
        self._encode = encode
        self._state: Workspace | None = None

    async def frames(self) -> AsyncGenerator[bytes, None]:
        """Give frames of server-sent events, and a comment where there was nothing to say for a while, until the stream is old.

        Raises `UnauthenticatedError` when the login holds no more, `UnavailableError` or the driver's error when the database
        fails, `UnreadableEventError`.
        """
        clock = asyncio.get_running_loop().time
        ends, due = clock() + self._pace.lifetime, clock() + self._pace.heartbeat
        yield b"id: %d\n\n" % self._position  # so that a client that is cut off before its first event comes back to here
        with self._store.signals.log.listen() as bell:
            while True:
                bell.clear()
                batch = await self._log.above(self._position)
                if frame := await self._frame(batch):
                    yield frame
                    due = clock() + self._pace.heartbeat
                elif clock() >= due:
                    await self._rights(fresh=True)
                    yield b": still here\n\n"
                    due = clock() + self._pace.heartbeat
                if len(batch) < BATCH and clock() >= ends:  # not before all that there was is told
                    return
                if not batch:
                    await _rung(bell, min(due, ends) - clock())

    async def _frame(self, batch: Sequence[Recorded]) -> bytes:
        if not batch:
            return b""
        changed = any(recorded.stream == self._who.workspace_id for recorded in batch)
        rights = await self._rights(fresh=changed or len(batch) == BATCH)  # a full batch is perhaps not the log's end
        shown = await visible(self._store, self._who, rights, batch)
        self._position = batch[-1].position
        return b"".join(map(self._encode, shown))

    async def _rights(self, *, fresh: bool) -> Access:
        if fresh or self._state is None:
            self._state = await self._store.load_fresh(WORKSPACE, self._who.workspace_id)
        user = None if self._state is None else self._login.holder(self._state, self._store.now())
        if self._state is None or user is None:
            msg = "The key or token of this stream does not hold any more."
            raise UnauthenticatedError(msg)
        return Access(self._state, user)


async def _rung(bell: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(max(seconds, 0)):
            await bell.wait()
    except TimeoutError:
        return
