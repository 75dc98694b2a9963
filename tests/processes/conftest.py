"""Fixtures of these tests: one Postgres database, emptied before each, and a workspace on either database."""

import pytest

from groupchat.processes.delivery import DeliveryProcess
from tests.processes.fake_carrier import FakeCarrier
from tests.support.emptied import database, postgres_url, shared_database
from tests.support.world import World, a_world

__all__ = ["database", "postgres_url", "shared_database"]


@pytest.fixture
async def world(store) -> World:
    """A workspace with one business number, on each backend."""
    return await a_world(store)


@pytest.fixture
def carrier() -> FakeCarrier:
    """A carrier that answers as a test tells it to."""
    return FakeCarrier()


@pytest.fixture
def process(world: World, carrier: FakeCarrier) -> DeliveryProcess:
    """The delivery process of that workspace, with that carrier."""
    return DeliveryProcess(world.store, carrier)
