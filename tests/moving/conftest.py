"""Fixtures of these tests: one Postgres database, emptied before each, a workspace on either database, and both databases."""

import pytest

from groupchat.store.database import Database
from tests.support.emptied import database, postgres_url, shared_database
from tests.support.world import World, a_world

__all__ = ["database", "postgres_url", "shared_database"]


@pytest.fixture
async def world(store) -> World:
    """A workspace with one business number, on each backend."""
    return await a_world(store)


@pytest.fixture(params=["sqlite-to-postgres", "postgres-to-sqlite"])
def both_urls(request, sqlite_url, postgres_url) -> tuple[str, str]:
    """The source and the target of a move."""
    return (sqlite_url, postgres_url) if request.param.startswith("sqlite") else (postgres_url, sqlite_url)


@pytest.fixture
def both(both_urls):
    """The same, opened."""
    databases = [Database(url) for url in both_urls]
    yield databases
    for each in databases:
        each.close()
