"""Followers for tests: handlers that keep their events, and a second store on the same database, like another process's."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

import structlog
from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, insert, select

from groupchat.store.database import TIMEOUTS, Database, Timeouts
from groupchat.store.event_store import EventStore
from groupchat.store.follower import Follower
from groupchat.store.positions import PoisonError, advance
from groupchat.store.signals import Signals
from groupchat.values.event import Recorded
from tests.store.counting import PATIENCE

METADATA = MetaData()
SEEN = Table(
    "test_seen",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("position", BigInteger, nullable=False),
)


class Keeping:
    """Keeps the positions that it handled in a table, in one transaction with its own, as a projection does."""

    def __init__(self, database: Database, name: str = "keeping") -> None:
        self.name = name
        self.poison: set[int] = set()
        self.batches: list[list[int]] = []
        self._database = database

    async def handle(self, batch: Sequence[Recorded], position: int) -> int:
        """Keep a batch up to its first poison event."""
        positions = [recorded.position for recorded in batch]
        poison = min(self.poison.intersection(positions), default=None)
        upto = position if poison is None else poison - 1
        await asyncio.to_thread(self._keep, [each for each in positions if each <= upto], upto)
        self.batches.append(positions)
        if poison is not None:
            raise PoisonError(poison, "it is poison")
        return upto

    def _keep(self, positions: list[int], upto: int) -> None:
        with self._database.write(durable=False) as connection:
            if positions:
                connection.execute(insert(SEEN), [{"position": position} for position in positions])
            advance(connection, [self.name], upto)


def seen(database: Database) -> list[int]:
    """Return the positions that were handled, in the order of their handling."""
    with database.read() as connection:
        return list(connection.execute(select(SEEN.c.position).order_by(SEEN.c.id)).scalars())


def log_to_stderr() -> None:
    """Keep a process' standard output for its answers."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))


@asynccontextmanager
async def opened(url: str, *, timeouts: Timeouts = TIMEOUTS, **options: Any) -> AsyncIterator[EventStore]:
    """Open a store as another process does, with the store's own options."""
    database = Database(url, timeouts=timeouts)
    signals = Signals(database)
    store = EventStore(database, signals, **options)
    try:
        yield store
    finally:
        await asyncio.to_thread(store.close)
        await asyncio.to_thread(signals.close)
        database.close()


class Runs(Protocol):
    """A task that runs until it is stopped: a follower or a process."""

    async def run(self, stop: asyncio.Event) -> None:
        """Run."""


@asynccontextmanager
async def running(follower: Runs) -> AsyncIterator[asyncio.Task[None]]:
    """Let a follower run; it ends well at the end of the block, or its error is raised."""
    stop = asyncio.Event()
    task = asyncio.create_task(follower.run(stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait_for(task, PATIENCE)


async def reached(follower: Follower, position: int) -> None:
    """Wait until a follower has reached a position; woken by its progress, in whichever process it runs."""
    async with asyncio.timeout(PATIENCE):
        with follower._store.signals.progress.listen() as bell:
            while (await asyncio.to_thread(follower.status)).position < position:
                await bell.wait()
                bell.clear()


async def stopped(follower: Follower) -> int:
    """Wait until a follower is stopped by an event, and return its position."""
    async with asyncio.timeout(PATIENCE):
        with follower._store.signals.progress.listen() as bell:
            while (at := (await asyncio.to_thread(follower.status)).stopped_at) is None:
                await bell.wait()
                bell.clear()
    return at
