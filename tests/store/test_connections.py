"""The connections of a database's pools."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from threading import Event

import pytest
from sqlalchemy import Engine

from groupchat.bootstrap import provide_threads
from groupchat.store.database import CONNECTIONS, Database
from groupchat.store.event_store import EventStore
from tests.store.counting import PATIENCE, count, until
from tests.store.following import opened


def sessions(engine: Engine) -> set[int]:
    """Return the server's sessions when all connections of a pool are in use."""
    with ExitStack() as stack:
        connections = [stack.enter_context(engine.connect()) for _ in range(CONNECTIONS)]
        return {each.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() for each in connections}


@pytest.mark.parametrize("pool", ["engine", "single"])
def test_all_connections_of_a_pool_stay_open(postgres_url: str, pool: str):
    database = Database(postgres_url)
    try:
        assert sessions(getattr(database, pool)) == sessions(getattr(database, pool))
    finally:
        database.close()


@asynccontextmanager
async def all_reading(store: EventStore) -> AsyncIterator[None]:
    """Let more reads than the process has threads go on during the block."""
    begun: list[int] = []
    enough = Event()

    def read() -> None:
        with store.database.read():
            begun.append(1)
            enough.wait(PATIENCE)

    provide_threads(store.database)
    reads = [asyncio.create_task(asyncio.to_thread(read)) for _ in range(2 * CONNECTIONS)]
    try:
        await until(lambda: len(begun) >= CONNECTIONS - 1)
        yield
    finally:
        enough.set()
        await asyncio.gather(*reads)


async def test_reads_that_take_long_hold_up_no_command(database_url: str):
    async with opened(database_url) as store:
        await count(store, "a")
        async with all_reading(store):
            async with asyncio.timeout(PATIENCE):
                assert (await count(store, "a")).value == 1
