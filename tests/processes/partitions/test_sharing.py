"""Processes share the partitions; of some that are killed others take over, and they outlive their broker (R33)."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from groupchat.projections import CONVERSATION_VIEWS
from groupchat.store.database import Database
from groupchat.store.event_store import EventStore
from groupchat.store.progress import Progress
from tests.processes.partitions.publishing import Publisher, make_topic
from tests.processes.partitions.test_following import HALF, LOG, by_the_log, everything, reported
from tests.projections.histories import store_log
from tests.races import partition_trials
from tests.races.partition_trials import Counted, sharing
from tests.store.counting import PATIENCE, until
from tests.store.following import opened
from tests.support.kafka import Broker


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[EventStore]:
    async with opened(postgres_url) as store:
        yield store


async def reach(store: EventStore, position: int) -> None:
    progress = Progress(store.database, store.signals)
    assert await progress.wait_for([view.name for view in CONVERSATION_VIEWS], position, PATIENCE), await progress.look()


@pytest.mark.timeout(300)
async def test_views_shared_by_processes_are_equal_to_the_log_though_some_processes_are_killed_R33(kafka: str, postgres_url: str):
    counted = await asyncio.to_thread(partition_trials.run, postgres_url, kafka, trials=1, workers=3)
    assert counted == Counted(trials=1, events=counted.events, killed=2, behind=0, different=0)


async def test_an_unreachable_broker_is_reported_and_awaited_R33(
    postgres: EventStore, postgres_url: str, own_broker: Broker, topic_prefix: str
):
    store_log(postgres.database, LOG)
    topic = make_topic(own_broker.address, topic_prefix)
    with sharing(postgres_url, own_broker.address, topic_prefix):
        publish(own_broker.address, topic, LOG[:HALF], postgres.database)
        await reach(postgres, HALF)
        await asyncio.to_thread(own_broker.kill)
        await until(lambda: "can't be used" in (reported(postgres.database) or ""))
        await asyncio.to_thread(own_broker.start)
        publish(own_broker.address, topic, LOG[HALF:], postgres.database)
        await reach(postgres, len(LOG))
    assert everything(postgres.database) == await by_the_log(postgres.database, LOG)


def publish(address: str, topic: str, log: list, database: Database) -> None:
    publisher = Publisher(address, topic)
    publisher.publish(log, database)
    publisher.close()
