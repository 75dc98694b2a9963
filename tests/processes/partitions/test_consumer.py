"""A member of the consumer group gets its partitions after every rebalance, and says so while it waits (R33)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from kafka import KafkaAdminClient, KafkaConsumer
from structlog.testing import capture_logs

from groupchat.broker.connection import Brokers
from groupchat.processes.partitions.consumer import GROUP, Consumer, Waits
from groupchat.store.database import Database
from tests.processes.partitions.conftest import Sharers
from tests.processes.partitions.publishing import Publisher
from tests.processes.partitions.test_following import LOG, reported
from tests.projections.histories import store_log
from tests.store.counting import until

ON_ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_a_leader_that_joins_again_because_the_topic_looks_different_is_given_its_partitions_R33(
    kafka: str, topic_prefix: str, topic: str
):
    consumer = Consumer(Brokers(bootstrap_servers=kafka), topic, topic_prefix + GROUP)
    try:
        await until(lambda: given(consumer) == (0, 1, 2, 3))
        add_a_partition(kafka, topic)
        consumer._consumer._cluster.request_update()
        await until(lambda: given(consumer) == (0, 1, 2, 3, 4))
    finally:
        consumer.close()


def given(consumer: Consumer) -> Sequence[int] | None:
    """Return the partitions that a consumer has now been given; none if they have not changed."""
    taken = consumer.poll(wait=False) is None and consumer.joining_seconds() is None
    return consumer.assigned() if taken else None


def add_a_partition(address: str, topic: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=address)
    try:
        admin.create_partitions({topic: 5})
    finally:
        admin.close()


@ON_ONE_DATABASE
async def test_a_worker_that_waits_for_partitions_says_so_and_continues_with_the_group_R33(
    database: Database,
    kafka: str,
    topic_prefix: str,
    publisher: Publisher,
    sharers: Sharers,
):
    store_log(database, LOG)
    publisher.publish(LOG, database)
    with capture_logs() as logs, a_member_that_is_busy(kafka, topic_prefix) as busy:
        async with sharers.running(waits=Waits(report=0.1)):
            await until(lambda: "waiting for its partitions" in (reported(database) or ""))
            busy.close()
            await sharers.reach(len(LOG))
            assert reported(database) is None
    assert [each["event"] for each in logs if each["event"].startswith("partitions_")] == ["partitions_awaited"]


@ON_ONE_DATABASE
async def test_a_worker_that_waits_too_long_leaves_the_group_and_rejoins_R33(
    database: Database,
    kafka: str,
    topic_prefix: str,
    publisher: Publisher,
    sharers: Sharers,
):
    store_log(database, LOG)
    publisher.publish(LOG, database)
    with a_member_that_is_busy(kafka, topic_prefix) as busy:
        async with sharers.running(waits=Waits(rejoin=2.0)):
            await until(lambda: "the consumer group has assigned no partitions" in (reported(database) or ""))
            busy.close()
            await sharers.reach(len(LOG))


@contextmanager
def a_member_that_is_busy(address: str, prefix: str) -> Iterator[KafkaConsumer]:
    """Join the group and keep it waiting: a member that does not poll does not respond during a rebalance."""
    member = KafkaConsumer(f"{prefix}groupchat.conversations.v1", bootstrap_servers=address, group_id=prefix + GROUP)
    try:
        while not member.assignment():
            member.poll(timeout_ms=500)
        yield member
    finally:
        member.close()
