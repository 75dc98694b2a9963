"""Fixtures of these tests: topics of the test's own on the shared broker, and a store on SQLite where it may be either."""

from collections.abc import AsyncIterator

import pytest

from groupchat.store.event_store import EventStore
from tests.processes.relay.reading import make_topics
from tests.store.following import opened


@pytest.fixture
def topics(kafka: str, topic_prefix: str) -> str:
    """The prefix of topics that are there, and empty."""
    make_topics(kafka, topic_prefix)
    return topic_prefix


@pytest.fixture
async def sqlite_store(sqlite_url: str) -> AsyncIterator[EventStore]:
    """An event store on an empty log."""
    async with opened(sqlite_url) as store:
        yield store
