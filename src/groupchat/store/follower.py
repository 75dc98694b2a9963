"""Following the log in batches: each follower has a name and a stored position, and goes on from there whatever happened.

- It is woken, not slept: `signals.log`.
- One instance of a follower works at a time: `lease.py`.
- An event that can't be handled stops its follower, loudly: the reason is stored beside its position and logged, and `groupchat
  status` shows it. `groupchat retry` tries again, `groupchat park` sets that one event aside. Nothing is skipped in silence.
- A failure that passes (a lock, a lost connection) is tried again with growing pauses.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog
from msgspec import Struct
from sqlalchemy import Connection, delete, func, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from groupchat.store.database import Database, is_passing
from groupchat.store.event_store import EventStore
from groupchat.store.lease import Lease
from groupchat.store.mapper import UnreadableEventError
from groupchat.store.refusals import UnavailableError, VersionConflictError
from groupchat.store.signals import PROGRESS_CHANNEL
from groupchat.store.tables import FOLLOWED_PARTITIONS, FOLLOWERS, PARKED_EVENTS
from groupchat.values.event import Recorded
from groupchat.values.waiting import first_set

BATCH = 500
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0
_GATHER_SECONDS = 0.01
"""After a batch that was not full a follower waits so long, that under load batches grow and their number does not."""
_IDLE_SECONDS = 30.0
"""A follower looks at the log this often even if no bell rings."""

log = structlog.get_logger()


class PoisonError(Exception):
    """One event can't be handled; `correlation_id` is that of the request that led to it, where it can be read."""

    def __init__(self, position: int, reason: str, correlation_id: str | None = None) -> None:
        super().__init__(f"the event at position {position} can't be handled: {reason}")
        self.position = position
        self.reason = reason
        self.correlation_id = correlation_id


class FollowerStatus(Struct, frozen=True):
    """Where a follower stands.

    `stopped_at` is the position of the event that stopped it, 0 if it was none. An `error` without it is one that may pass.
    """

    name: str
    position: int
    stopped_at: int | None = None
    error: str | None = None
    parked: int = 0
    """How many events were ever set aside."""


class _Batch(Struct, frozen=True):
    events: list[Recorded]
    position: int


class Handler(Protocol):
    """What a follower does with events."""

    name: str

    async def handle(self, batch: Sequence[Recorded], position: int) -> None:
        """Handle a batch, and store `position` (the last event's) as the follower's own.

        Raises `PoisonError` for an event that can't be handled; what comes before it is handled, and the position says so.
        """


class Follower:
    """Feeds a handler with the log, from its stored position on."""

    def __init__(self, store: EventStore, handler: Handler) -> None:
        self._store = store
        self._database = store.database
        self._handler = handler
        self.name = handler.name

    async def run(self, stop: asyncio.Event) -> None:
        """Follow until `stop` is set."""
        with self._store.signals.log.listen() as bell:
            while not stop.is_set():
                async with Lease(self._database, self.name, stop) as lease:
                    await self._follow(lease, bell, stop)

    async def _follow(self, lease: Lease, bell: asyncio.Event, stop: asyncio.Event) -> None:
        pause = _FIRST_PAUSE
        while not stop.is_set() and await lease.still_held():
            bell.clear()
            try:
                more = await self.step()
            except (SQLAlchemyError, UnavailableError, VersionConflictError) as error:
                if isinstance(error, SQLAlchemyError) and not is_passing(error):
                    raise
                log.warning("follower_retries", follower=self.name, error=str(error).splitlines()[0])
                await first_set(stop, seconds=pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            pause = _FIRST_PAUSE
            if more < BATCH:
                await first_set(stop, seconds=_GATHER_SECONDS)
            if not more:
                await first_set(stop, bell, seconds=_IDLE_SECONDS)

    async def step(self, limit: int = BATCH) -> int:
        """Handle one batch; return how many events it had, 0 at the end of the log or when stopped by a poison event."""
        status, batch = await asyncio.to_thread(self._next, limit)
        if isinstance(batch, PoisonError):
            await self.stop(batch, status.position)
            return 0
        if batch is None:
            return 0
        try:
            await self._handler.handle(batch.events, batch.position)
        except PoisonError as poison:
            await self.stop(poison, status.position)
            return 0
        self._store.signals.moved()
        return batch.position - status.position

    async def stop(self, poison: PoisonError, standing: int | None = None) -> None:
        """Stop at an event, loudly; see `stop_at`."""
        await asyncio.to_thread(stop_at, self._database, self.name, poison, standing)
        self._store.signals.moved()

    def _next(self, limit: int) -> tuple[FollowerStatus, "_Batch | PoisonError | None"]:
        """Return where the follower stands, and what to handle next: nothing at the log's end, or when it is stopped."""
        status = self.status()
        above = status.position
        if status.stopped_at is not None:
            return status, None
        try:
            events = self._store.log.read(above, limit).events
        except UnreadableEventError as error:
            if error.position in parked_between(self._database, self.name, above, error.position):
                return status, _Batch([], error.position)
            return status, PoisonError(error.position, str(error))
        if not events:
            return status, None
        position = events[-1].position
        parked = parked_between(self._database, self.name, above, position) if status.parked else ()
        return status, _Batch([recorded for recorded in events if recorded.position not in parked], position)

    def status(self) -> FollowerStatus:
        """Return where the follower stands. It blocks."""
        with self._database.statement() as connection:
            return status_of(connection, self.name)


# --- positions, in the caller's transaction


_POSITION = func.coalesce(
    select(func.min(FOLLOWED_PARTITIONS.c.position)).where(FOLLOWED_PARTITIONS.c.view == FOLLOWERS.c.name).scalar_subquery(),
    FOLLOWERS.c.position,
)
"""A follower's position; of a view that follows Kafka it is its lowest partition's."""
_PARKED = select(func.count()).where(PARKED_EVENTS.c.follower == FOLLOWERS.c.name).scalar_subquery()
_STATUSES = select(FOLLOWERS.c.name, _POSITION, FOLLOWERS.c.stopped_at, FOLLOWERS.c.error, _PARKED)


def status_of(connection: Connection, name: str, *, for_update: bool = False) -> FollowerStatus:
    """Return a follower's status; one that never ran stands at 0. `for_update`: nobody else moves it until the transaction ends."""
    if for_update:
        _lock(connection, name)
    row = connection.execute(_STATUSES.where(FOLLOWERS.c.name == name)).one_or_none()
    return FollowerStatus(name, 0) if row is None else FollowerStatus(*row)


def _lock(connection: Connection, name: str) -> None:
    """Lock a follower, then its partitions: always in this order, and whoever reads what was locked reads it afterwards."""
    partitions = FOLLOWED_PARTITIONS.c
    connection.execute(select(FOLLOWERS.c.name).where(FOLLOWERS.c.name == name).with_for_update())
    of_view = select(partitions.partition).where(partitions.view == name).order_by(partitions.partition)
    connection.execute(of_view.with_for_update())


def statuses(database: Database) -> dict[str, FollowerStatus]:
    """Return every follower that ever ran."""
    with database.read() as connection:
        return {row.name: FollowerStatus(*row) for row in connection.execute(_STATUSES)}


def ensure(connection: Connection, name: str) -> None:
    """Make sure that a follower has a row."""
    new = text("INSERT INTO followers (name, position) VALUES (:name, 0) ON CONFLICT (name) DO NOTHING")
    connection.execute(new, {"name": name})


def advance(connection: Connection, names: Sequence[str], position: int) -> None:
    """Store the followers' new position."""
    moved = connection.execute(update(FOLLOWERS).where(FOLLOWERS.c.name.in_(names)).values(position=position))
    if moved.rowcount != len(names):
        for name in names:
            ensure(connection, name)
        connection.execute(update(FOLLOWERS).where(FOLLOWERS.c.name.in_(names)).values(position=position))
    notify_progress(connection)


def parked_between(database: Database, name: str, above: int, upto: int) -> set[int]:
    """Return the positions of the events that are set aside for a follower, above one position and up to another."""
    table = PARKED_EVENTS.c
    query = select(table.position).where(table.follower == name, table.position.between(above + 1, upto))
    with database.read() as connection:
        return set(connection.execute(query).scalars())


def stop_at(database: Database, name: str, poison: PoisonError, standing: int | None = None) -> None:
    """Stop a follower, loudly, if it still stands where it stood, or further on before the event: a rebuild may have moved it.

    Without `standing` it is stopped wherever it stands: at an event that it had put off, or (position 0) at none.
    """
    log.error(
        "follower_stopped", follower=name, position=poison.position, error=poison.reason, correlation_id=poison.correlation_id
    )
    with database.write() as connection:
        ensure(connection, name)
        position = status_of(connection, name, for_update=True).position
        if standing is None or standing <= position < poison.position:
            stopped = {"stopped_at": poison.position, "error": poison.reason}
            connection.execute(update(FOLLOWERS).where(FOLLOWERS.c.name == name).values(stopped))
        notify_progress(connection)


def stand(connection: Connection, name: str, position: int, *, error: str | None = None) -> None:
    """Store where a follower stands that keeps its position elsewhere too, and what keeps it from working; it is not stopped."""
    ensure(connection, name)
    values = {"position": position, "error": error, "stopped_at": None}
    connection.execute(update(FOLLOWERS).where(FOLLOWERS.c.name == name).values(values))
    notify_progress(connection)


def trouble(connection: Connection, name: str, error: str | None) -> None:
    """Store what keeps a follower from working at the moment, or that nothing does any more, unless it is stopped."""
    ensure(connection, name)
    mine = (FOLLOWERS.c.name == name) & FOLLOWERS.c.stopped_at.is_(None)
    connection.execute(update(FOLLOWERS).where(mine).values(error=error))


def notify_progress(connection: Connection) -> None:
    """Wake, when this transaction commits, whoever waits for a follower in another process."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"NOTIFY {PROGRESS_CHANNEL}"))


# --- what an operator does about a poison event


def retry(database: Database, name: str) -> FollowerStatus:
    """Let a stopped follower try its event again."""
    with database.write() as connection:
        return _go_on(connection, name)


def park(database: Database, name: str) -> FollowerStatus:
    """Set the event that stopped a follower aside and let it go on. The event stays in the log and in `parked_events`."""
    with database.write() as connection:
        status = status_of(connection, name, for_update=True)
        if not status.stopped_at:  # 0: no event has stopped it
            return status
        parked = {"follower": name, "position": status.stopped_at, "error": status.error or ""}
        connection.execute(insert(PARKED_EVENTS).values(parked))
        return _go_on(connection, name)


def _go_on(connection: Connection, name: str) -> FollowerStatus:
    connection.execute(update(FOLLOWERS).where(FOLLOWERS.c.name == name).values(stopped_at=None, error=None))
    notify_log(connection)
    return status_of(connection, name)


def unpark_all(connection: Connection, name: str) -> None:
    """Forget what was parked: a rebuild tries everything again."""
    connection.execute(delete(PARKED_EVENTS).where(PARKED_EVENTS.c.follower == name))


def notify_log(connection: Connection) -> None:
    """Wake, when this transaction commits, the followers of other processes."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("NOTIFY groupchat_log"))
