"""The simulated carrier on both databases (one Postgres database, emptied before each test), a hand-turned clock, and an inbox."""

import pytest

from groupchat.carriers.simulator.adapter import Simulator
from groupchat.store.database import Database
from tests.carriers.doubles import HandClock, RecordingInbox
from tests.support.emptied import database, postgres_url, shared_database

__all__ = ["database", "postgres_url", "shared_database"]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def simulator(database: Database, clock: HandClock) -> Simulator:
    return Simulator(database, clock)


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()
