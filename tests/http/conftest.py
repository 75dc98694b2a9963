"""Fixtures of the HTTP tests: one Postgres database, emptied before each, and the API on it."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager

import pytest

from groupchat.store.database import Database
from groupchat.store.event_store import EventStore
from tests.http.site import Site, open_site
from tests.support.emptied import database, postgres_url, shared_database
from tests.support.stores import store_on

__all__ = ["database", "postgres_url", "shared_database"]

SELDOM = 1.0
"""Seconds between looks for what other processes have written to an SQLite file. There are none here, and each look that finds a
write, which may be our own, wakes all workers."""


@pytest.fixture
async def store(database: Database) -> AsyncIterator[EventStore]:
    """An event store on an empty log, on each backend, which wakes its followers itself."""
    with alone_on(database) as store:
        yield store


@pytest.fixture
async def site(store: EventStore) -> AsyncIterator[Site]:
    """The API with all workers, for the owner of a new workspace with one business number; on both databases."""
    async with open_site(store) as site:
        yield site


@pytest.fixture
async def plain_site(sqlite_url: str) -> AsyncIterator[Site]:
    """The same on SQLite alone, for what never reaches the database: paths, keys, malformed requests."""
    database = Database(sqlite_url)
    with alone_on(database) as store:
        async with open_site(store) as site:
            yield site
    database.close()


@pytest.fixture
async def idle_site(store: EventStore) -> AsyncIterator[Site]:
    """The same without workers, and with less patience: no view ever follows."""
    async with open_site(store, workers=None, patience=0.05) as site:
        yield site


def alone_on(database: Database) -> AbstractContextManager[EventStore]:
    """Open a store in the only process that uses its database."""
    return store_on(database, look_seconds=SELDOM)
