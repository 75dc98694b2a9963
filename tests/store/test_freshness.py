"""Fresh caches: others' events are known soon, and nothing is served from memory while they can't be known (R20 to R23)."""

import asyncio
from contextlib import asynccontextmanager

from sqlalchemy import text
from structlog.testing import capture_logs

from groupchat.store.freshness import keep_fresh
from tests.store.counting import COUNTER, PATIENCE, count, until
from tests.store.following import opened
from tests.store.outages import down
from tests.support.statements import counted


@asynccontextmanager
async def kept_fresh(store, **given):
    """Keep a store's caches fresh; it ends well at the end of the block, or its error is raised."""
    stop = asyncio.Event()
    task = asyncio.create_task(keep_fresh(store, stop, **given))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait_for(task, PATIENCE)


async def test_another_processes_events_are_known_soon(store, database_url):
    async with opened(database_url) as other, kept_fresh(store):
        await count(store, "a")
        await count(other, "a", by=5)
        await until(lambda: store.remembered(COUNTER, "a") is None)
        assert await store.load(COUNTER, "a") == 6


async def test_streams_read_before_the_first_check_are_read_again(store, database_url):
    await count(store, "a")
    async with opened(database_url) as other:
        await count(other, "a", by=5)
    async with kept_fresh(store):
        await until(lambda: store.remembered(COUNTER, "a") is None)
        assert await store.load(COUNTER, "a") == 6


async def test_a_store_without_cached_streams_is_not_checked(store, database_url):
    async with opened(database_url) as other:
        with counted(store.database) as asked, store.signals.log.listen() as bell:
            async with kept_fresh(store):
                await count(other, "a")
                await asyncio.wait_for(bell.wait(), PATIENCE)
        assert asked == []
        async with kept_fresh(store):
            await count(store, "a")
            await count(other, "a")
            await until(lambda: store.remembered(COUNTER, "a") is None)


async def test_new_events_are_noticed_without_a_bell_too(store, database_url, monkeypatch):
    monkeypatch.setattr(store.signals.log, "ring", lambda: None)
    async with opened(database_url) as other, kept_fresh(store, look_seconds=0.05):
        await until(lambda: store.remembered(COUNTER, "a") is None)
        await count(store, "a")
        await count(other, "a", by=5)
        await until(lambda: store.remembered(COUNTER, "a") is None)


async def test_while_the_database_is_away_nothing_is_served_from_memory(postgres_url):
    async with opened(postgres_url) as store, kept_fresh(store) as task:
        await count(store, "a")
        with capture_logs() as logs, down(postgres_url):
            await until(lambda: store.remembered(COUNTER, "a") is None)
            await until(lambda: "freshness_retries" in {line["event"] for line in logs})
        assert not task.done()


async def test_nothing_is_served_from_memory_while_a_freshness_check_hangs(postgres_url):
    async with opened(postgres_url) as store, opened(postgres_url) as other, kept_fresh(store, hangs_seconds=0.05):
        await until(lambda: store.remembered(COUNTER, "a") is None)
        await count(store, "a")
        with other.database.write() as connection:
            connection.execute(text("LOCK TABLE stored_events IN ACCESS EXCLUSIVE MODE"))
            await until(lambda: store.remembered(COUNTER, "a") is None)
