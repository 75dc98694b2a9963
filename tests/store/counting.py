"""The smallest aggregate, for tests of the store: a counter. It is registered with the library only, not as an event of groupchat.

`holding` stops all writers of a database in the middle, and lets a test write behind their back.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import ClassVar

from eventsourcing.persistence import StoredEvent
from eventsourcing.utils import register_topic
from msgspec import Struct
from sqlalchemy import Connection, func, insert, select, text

from groupchat.store.database import Database
from groupchat.store.decision import Decision, StreamKind
from groupchat.store.event_store import EventStore, Outcome
from groupchat.store.mapper import EventMapper
from groupchat.store.recorder import WRITER_LOCK
from groupchat.store.tables import STORED_EVENTS
from groupchat.store.terms import NO_TERMS, Terms
from groupchat.values.errors import RefusalError
from groupchat.values.event import Event, Recorded
from tests.support.builders import CAUSE, moment

PATIENCE = 60.0
"""Only a test that fails waits this long: processes and a broker take their time to start where all cores are busy."""


class Counted(Event, frozen=True, kw_only=True):
    """The counter went up."""

    TOPIC: ClassVar[str] = "test.counted"
    by: int = 1


register_topic(Counted.TOPIC, Counted)


class FullError(RefusalError):
    """The counter is as high as it may go."""

    slug = "full"


def evolve(state: int | None, recorded: Recorded) -> int | None:
    """Fold one event."""
    event = recorded.event
    return (state or 0) + (event.by if isinstance(event, Counted) else 0)


class Count(Struct, frozen=True):
    """Count up, but not above a limit."""

    by: int = 1
    limit: int = 1_000_000


def decide(command: Count, state: int | None) -> list[Event]:
    """Count up; raises `FullError` at the limit."""
    before = state or 0
    if before + command.by > command.limit:
        msg = f"the counter is at {before} already"
        raise FullError(msg, count=before)
    return [Counted(by=command.by)]


COUNTER = StreamKind("", evolve, decide)


async def count(store: EventStore, stream: str, *, terms: Terms = NO_TERMS, by: int = 1, limit: int = 1_000_000) -> Outcome[int]:
    """Count up; refuse to go above a limit. Returns the count before."""
    return await store.run_under(terms, CAUSE, counting, stream, by=by, limit=limit)


async def counting(decision: Decision, stream: str, *, by: int = 1, limit: int = 1_000_000) -> int:
    """Count up: the command. Returns the count before."""
    before = await decision.load(COUNTER, stream) or 0
    await decision.take(COUNTER, stream, Count(by, limit))
    return before


def stored(stream: str, version: int, by: int = 1) -> StoredEvent:
    """Return an event as the recorder takes it."""
    return EventMapper().store(Counted(by=by), stream, version, moment(version), CAUSE)


async def sum_of(store: EventStore, stream: str) -> int:
    """Return a counter as stored."""
    return await store.load_fresh(COUNTER, stream) or 0


@contextmanager
def holding(url: str) -> Iterator[Connection]:
    """Let no writer of a database append until the block ends."""
    other = Database(url)
    try:
        with other.write() as connection:
            if not other.is_sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})"))
            yield connection
    finally:
        other.close()


@asynccontextmanager
async def full(store: EventStore) -> AsyncIterator[None]:
    """Let as many appends wait in a store as it may have, at most, until the block ends."""
    with holding(store.database.url.render_as_string(hide_password=False)):
        appends = [asyncio.create_task(count(store, "held"))]
        await until(lambda: _is_on_its_way(store, "held") and not store.waiting)  # the committer has taken it
        while not store.overloaded:
            appends.append(asyncio.create_task(count(store, f"waits{len(appends)}")))
            await until(lambda: store.waiting == len(appends) - 1)
        yield
    await asyncio.gather(*appends)


def _is_on_its_way(store: EventStore, stream: str) -> bool:
    cached = store._states._cache.get(stream)
    return cached is not None and cached.loaded.rests_on is not None


def store_behind(connection: Connection, event: StoredEvent) -> None:
    """Store an event as another process would, in the transaction of `holding`."""
    head = connection.execute(select(func.coalesce(func.max(STORED_EVENTS.c.id), 0))).scalar_one()
    row = {
        "id": head + 1,
        "originator_id": event.originator_id,
        "originator_version": event.originator_version,
        "topic": event.topic,
        "state": event.state,
    }
    connection.execute(insert(STORED_EVENTS), row)


async def until(condition: Callable[[], bool]) -> None:
    """Let others work until a condition holds; fail if that takes too long."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what is waited for is inside the store, and rings no bell
            await asyncio.sleep(0)
