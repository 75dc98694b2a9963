"""Fixtures of the HTTP tests: one Postgres database, emptied before each, and the API on it."""

from collections.abc import AsyncIterator

import pytest

from groupchat.store.database import Database
from groupchat.store.event_store import EventStore
from groupchat.store.signals import Signals
from tests.http.site import Site, open_site
from tests.support.emptied import postgres_url, shared_database

__all__ = ["postgres_url", "shared_database"]


@pytest.fixture
async def site(store: EventStore) -> AsyncIterator[Site]:
    """The API with all workers, for the owner of a new workspace with one business number; on both databases."""
    async with open_site(store) as site:
        yield site


@pytest.fixture
async def plain_site(sqlite_url: str) -> AsyncIterator[Site]:
    """The same on SQLite alone, for what never reaches the database: paths, keys, malformed requests."""
    database = Database(sqlite_url)
    signals = Signals(database)
    store = EventStore(database, signals)
    async with open_site(store) as site:
        yield site
    store.close()
    signals.close()
    database.close()


@pytest.fixture
async def idle_site(store: EventStore) -> AsyncIterator[Site]:
    """The same without workers, and with less patience: no view ever follows."""
    async with open_site(store, workers=None, patience=0.05) as site:
        yield site
