"""Following the log in batches. Each follower has a name and a stored position (`positions.py`), from which it always continues.

- A bell wakes it (`signals.log`); it doesn't poll.
- One instance of a follower works at a time: `lease.py`.
- An event that can't be handled stops its follower. The reason is stored with its position and logged, and `groupchat status` shows
  it. `groupchat retry` tries again, and `groupchat park` sets that one event aside. No event is skipped silently.
- After a failure that passes (a lock, a lost connection), it retries with growing pauses.
"""

import asyncio
from collections.abc import Collection, Sequence
from typing import Protocol

import structlog
from msgspec import Struct
from msgspec.structs import replace

from groupchat.store.event_store import EventStore
from groupchat.store.lease import Lease
from groupchat.store.mapper import UnreadableEventError
from groupchat.store.parked import parked_in
from groupchat.store.positions import FollowerStatus, PoisonError, status_of, stop_at
from groupchat.store.refusals import may_pass
from groupchat.values.errors import first_line
from groupchat.values.event import Recorded
from groupchat.values.waiting import Pauses, first_set

BATCH = 500
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0
_GATHER_SECONDS = 0.02
"""After a batch that was not full, a follower waits for a multiple of this time. Under load, batches grow, not their number.

All followers of a process wait for the same moments, so under load they continue together.
"""
IDLE_SECONDS = 30.0
"""A follower looks at the log this often even if no bell rings."""

log = structlog.get_logger()


class _Batch(Struct, frozen=True):
    events: Sequence[Recorded]
    position: int
    at_end: bool


class _Step(Struct, frozen=True):
    """The number of handled events, and whether there may be more to handle immediately."""

    done: int
    more: bool


_NOTHING = _Step(0, more=False)


class Handler(Protocol):
    """The handler of a follower's events."""

    name: str

    async def handle(self, batch: Sequence[Recorded], position: int) -> int:
        """Handle a batch, store `position` (that of its last event) as the follower's own, and return the follower's position.

        A rebuild may have moved the follower, so the returned position may differ. Raises `PoisonError` for an event that can't be
        handled; the events before it are handled, and the stored position says so.
        """


class Follower:
    """Passes the events of the log to a handler, beginning after the stored position."""

    def __init__(self, store: EventStore, handler: Handler, *, batch: int = BATCH, idle_seconds: float = IDLE_SECONDS) -> None:
        """Pass at most `batch` events at a time. Without a bell, look at the log after `idle_seconds`."""
        self._batch = batch
        self._store = store
        self._database = store.database
        self._handler = handler
        self._idle_seconds = idle_seconds
        self.name = handler.name
        self._known: FollowerStatus | None = None
        """The follower's last known position and state; none if another process may have changed them."""
        self._calls = 0
        """The calls of the bell that this follower has answered; see `Signals.calls`."""

    async def run(self, stop: asyncio.Event) -> None:
        """Follow until `stop` is set."""
        while not stop.is_set():
            async with Lease(self._database, self.name, stop) as lease:
                await self.follow(lease, stop)

    async def follow(self, lease: Lease, stop: asyncio.Event) -> None:
        """Follow until the lease is lost or `stop` is set."""
        self._known = None  # another process may have held the lease
        with self._store.signals.log.listen(stop) as bell:
            await self._follow(lease, bell, stop)

    async def _follow(self, lease: Lease, bell: asyncio.Event, stop: asyncio.Event) -> None:
        pauses = Pauses(_FIRST_PAUSE, _LONGEST_PAUSE)
        more = True
        while not stop.is_set() and await lease.still_held():
            bell.clear()
            if not more and self._has_everything():
                await asyncio.sleep(_gathering())
                await self._rung(bell)
                continue
            self._calls = self._store.signals.calls
            try:
                step = await self._step(self._batch)
            except Exception as error:
                if not may_pass(error):
                    raise
                self._known = None
                log.warning("follower_retries", follower=self.name, error=first_line(error))
                await first_set(stop, seconds=pauses.next())
                continue
            pauses.reset()
            more = step.more
            if step.done < self._batch:
                await asyncio.sleep(_gathering())
            if not more:
                await self._rung(bell)

    def _has_everything(self) -> bool:
        """Return whether the bell rang only for events that this follower has: it shares them with those that were woken before."""
        signals, known = self._store.signals, self._known
        if known is None or known.stopped_at is not None or self._calls != signals.calls:
            return False
        return signals.newest <= known.position

    async def _rung(self, bell: asyncio.Event) -> None:
        await first_set(bell, seconds=self._idle_seconds)
        if not bell.is_set():  # it may be silent without notice
            self._known = None

    async def step(self, limit: int = BATCH) -> int:
        """Handle one batch; return the number of its events, 0 at the end of the log or after a stop at a poison event."""
        return (await self._step(limit)).done

    async def _step(self, limit: int) -> _Step:
        status, batch = await self._next(limit)
        if isinstance(batch, PoisonError):
            await self.stop(batch, status.position)
            return _NOTHING
        if batch is None:
            return _NOTHING
        heard = self._store.signals.reached
        try:
            standing = await self._handler.handle(batch.events, batch.position)
        except PoisonError as poison:
            await self.stop(poison, status.position)
            return _NOTHING
        if self._known is status:  # or `stop` was called meanwhile
            self._known = replace(status, position=standing) if standing == batch.position else None
        undone = self._store.signals.reached is not heard  # perhaps: a rebuild may have moved it since
        self._store.signals.moved(None if undone else {self.name: standing})
        return _Step(batch.position - status.position, more=not batch.at_end or self._known is None)

    async def stop(self, poison: PoisonError, standing: int | None = None) -> None:
        """Stop at an event; see `stop_at`."""
        self._known = None
        await asyncio.to_thread(stop_at, self._database, self.name, poison, standing)
        self._store.signals.moved()

    async def _next(self, limit: int) -> tuple[FollowerStatus, "_Batch | PoisonError | None"]:
        """Return the follower's status and its next events: none at the log's end, or if it is stopped."""
        known = self._known
        if known is not None and known.stopped_at is None and (batch := await self._above(known, limit)) is not None:
            return known, batch
        self._known = status = await self._store.statuses.of(self.name)  # without new events, an operator has woken it
        if status == known or status.stopped_at is not None:
            return status, None
        return status, await self._above(status, limit)

    async def _above(self, status: FollowerStatus, limit: int) -> "_Batch | PoisonError | None":
        try:
            piece = await self._store.log.follow(status.position, limit)
        except UnreadableEventError as error:
            if error.position in await self._parked(status, error.position):
                return _Batch([], error.position, at_end=False)
            return PoisonError(error.position, str(error))
        if not piece.events:
            return None
        position = piece.events[-1].position
        parked = await self._parked(status, position)
        events = [recorded for recorded in piece.events if recorded.position not in parked] if parked else piece.events
        return _Batch(events, position, piece.at_end)

    async def _parked(self, status: FollowerStatus, upto: int) -> Collection[int]:
        if not status.parked:
            return ()
        return await asyncio.to_thread(parked_in, self._database, self.name, above=status.position, upto=upto)

    def status(self) -> FollowerStatus:
        """Return the follower's position. It blocks."""
        with self._database.statement() as connection:
            return status_of(connection, self.name)


def _gathering() -> float:
    return _GATHER_SECONDS - asyncio.get_running_loop().time() % _GATHER_SECONDS
