"""Fixtures of these tests: a topic of four partitions, a publisher in the relay's place, workers in this process."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from groupchat.broker.connection import Brokers
from groupchat.processes.partitions.consumer import WAITS, Waits
from groupchat.processes.partitions.worker import PartitionWorker
from groupchat.projections import CONVERSATION_VIEWS
from groupchat.projections.view import View
from groupchat.store.event_store import EventStore
from groupchat.store.progress import Progress
from tests.processes.partitions.publishing import Publisher, make_topic
from tests.store.counting import PATIENCE


@pytest.fixture
def topic(kafka: str, topic_prefix: str) -> str:
    """An empty topic of conversations."""
    return make_topic(kafka, topic_prefix)


@pytest.fixture
def publisher(kafka: str, topic: str) -> Iterator[Publisher]:
    """Publishes into the topic."""
    publisher = Publisher(kafka, topic)
    yield publisher
    publisher.close()


class Sharers:
    """Runs workers in this process."""

    def __init__(self, store: EventStore, address: str, prefix: str) -> None:
        self._store = store
        self._brokers = Brokers(bootstrap_servers=address)
        self._prefix = prefix

    @asynccontextmanager
    async def running(self, *views: View, waits: Waits = WAITS) -> AsyncIterator[None]:
        """Run one worker, of all views that can follow Kafka if none are given."""
        stop = asyncio.Event()
        worker = PartitionWorker(self._store, views or CONVERSATION_VIEWS, self._brokers, self._prefix, waits)
        running = asyncio.create_task(worker.run(stop))
        try:
            yield
        finally:
            stop.set()
            await running

    async def reach(self, position: int, *views: View) -> None:
        """Wait until the views have reached a position."""
        names = [view.name for view in views or CONVERSATION_VIEWS]
        progress = Progress(self._store.database, self._store.signals)
        assert await progress.wait_for(names, position, PATIENCE), await progress.look()


@pytest.fixture
def sharers(store: EventStore, kafka: str, topic_prefix: str) -> Sharers:
    """Workers that follow the topic."""
    return Sharers(store, kafka, topic_prefix)
