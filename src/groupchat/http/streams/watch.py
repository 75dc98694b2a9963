"""Watching the log for one reader: the events that they may see, in order, from a position on, while their login is valid.

Rights are those at the moment when a piece of the log is read, not when the stream began. Events that change rights are in the log,
before everything that comes after them.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable

from msgspec import Struct

from groupchat.aggregates.access import Access
from groupchat.aggregates.workspace_state import Workspace
from groupchat.commands.caller import Caller, UnauthenticatedError
from groupchat.commands.streams import WORKSPACE
from groupchat.queries.watching import EVERYTHING, EventFilter, visible
from groupchat.store.event_store import EventStore
from groupchat.store.tail import Piece
from groupchat.values.event import Recorded

BATCH = 100

Encode = Callable[[Recorded], bytes]


class StreamLimits(Struct, frozen=True, kw_only=True):
    """An operator's limits on streams; times in seconds. `stall`: a reader who reads nothing for this long is disconnected."""

    per_user: int = 10
    per_workspace: int = 200
    heartbeat: float = 15.0
    stall: float = 30.0
    lifetime: float = 3_600.0


class Watcher(Struct, frozen=True):
    """The caller who watches, and what."""

    who: Caller
    chosen: EventFilter = EVERYTHING


class LogReader:
    """Reads the log for all streams of a process: those that wait at the same position share one read."""

    def __init__(self, store: EventStore) -> None:
        self.store = store
        self._reading: dict[int, asyncio.Task[Piece]] = {}
        self._begun: set[int] = set()

    async def above(self, position: int) -> Piece:
        """Return the next events above a position, and whether they were the last at the time of the call."""
        while position in self._begun:  # perhaps from before the event that woke the caller was stored, so it is not shared
            await asyncio.wait([self._reading[position]])
        if position not in self._reading:
            self._reading[position] = asyncio.create_task(self._read(position))
        return await asyncio.shield(self._reading[position])

    async def _read(self, position: int) -> Piece:
        self._begun.add(position)
        try:
            return await asyncio.to_thread(self.store.log.read, position, BATCH)
        finally:
            self._begun.remove(position)
            del self._reading[position]


class Watch:
    """The events sent to one reader."""

    def __init__(self, log: LogReader, pace: StreamLimits, reader: Watcher, after: int, encode: Encode) -> None:
        self._log = log
        self._store = log.store
        self._pace = pace
        self._who, self._chosen = reader.who, reader.chosen
        self._position = after
        self._encode = encode
        self._state: Workspace | None = None

    async def frames(self) -> AsyncGenerator[bytes, None]:
        """Yield frames of server-sent events, and a comment after a while of silence, until the stream's maximum duration.

        Raises `UnauthenticatedError` when the login is no longer valid, `UnavailableError` or the driver's error when the database
        fails, `UnreadableEventError`.
        """
        clock = asyncio.get_running_loop().time
        ends, due = clock() + self._pace.lifetime, clock() + self._pace.heartbeat
        yield b"id: %d\n\n" % self._position  # so that a client that is disconnected before its first event resumes here
        with self._store.signals.log.listen() as bell:
            while True:
                bell.clear()
                piece = await self._log.above(self._position)
                if frame := await self._frame(piece):
                    yield frame
                    due = clock() + self._pace.heartbeat
                elif clock() >= due:
                    await self._rights(fresh=True)
                    yield b": still here\n\n"
                    due = clock() + self._pace.heartbeat
                if not piece.at_end:
                    continue
                if clock() >= ends:
                    return
                await _rung(bell, min(due, ends) - clock())

    async def _frame(self, piece: Piece) -> bytes:
        if not piece.events:
            return b""
        changed = any(recorded.stream == self._who.workspace_id for recorded in piece.events)
        rights = await self._rights(fresh=changed or not piece.at_end)  # the event that changes them may come after this piece
        shown = await visible(self._store, self._who, rights, [each for each in piece.events if self._chosen.wants(each)])
        self._position = piece.events[-1].position
        return b"".join(map(self._encode, shown))

    async def _rights(self, *, fresh: bool) -> Access:
        if fresh or self._state is None:
            self._state = await self._store.load_fresh(WORKSPACE, self._who.workspace_id)
        user = None if self._state is None else self._who.holder(self._state, self._store.now())
        if self._state is None or user is None:
            msg = "The stream's key or token is no longer valid."
            raise UnauthenticatedError(msg)
        return Access(self._state, user)


async def _rung(bell: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(max(seconds, 0)):
            await bell.wait()
    except TimeoutError:
        return
