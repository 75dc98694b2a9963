"""Fixtures of these tests: one Postgres database, emptied before each, and a workspace on either database."""

import pytest

from tests.support.emptied import database, postgres_url, shared_database
from tests.support.world import World, a_world

__all__ = ["database", "postgres_url", "shared_database"]


@pytest.fixture
async def world(store) -> World:
    """A workspace with one business number, on each backend."""
    return await a_world(store)
