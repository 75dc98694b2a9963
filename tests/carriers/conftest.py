"""The simulated carrier on both databases, with a clock that a test turns and an inbox that remembers."""

import pytest

from groupchat.carriers.simulator.adapter import Simulator
from groupchat.store.database import Database
from tests.carriers.doubles import HandClock, RecordingInbox


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def simulator(database: Database, clock: HandClock) -> Simulator:
    return Simulator(database, clock)


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()
