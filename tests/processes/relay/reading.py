"""The records that consumers see, and a relay that runs until everything is published."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from msgspec import Struct

from groupchat.broker import administration
from groupchat.broker.connection import Brokers
from groupchat.broker.opening import opened
from groupchat.broker.topics import EVENT_TOPICS
from groupchat.processes.relay.publisher import Publisher
from groupchat.processes.relay.records import records_of
from groupchat.processes.relay.relay import Relay
from groupchat.store.event_store import EventStore
from groupchat.values.event import Recorded

PATIENCE = 40.0
"""No test waits for this long but one that fails."""
PARTITIONS = 3


class Read(Struct, frozen=True, kw_only=True):
    """A record as read; the topic's name is without the prefix."""

    topic: str
    partition: int
    key: str
    value: bytes
    headers: dict[str, str]

    @property
    def id(self) -> str:
        return self.headers["ce_id"]


def brokers_at(address: str) -> Brokers:
    """Return how to reach a broker that asks for nothing."""
    return Brokers(bootstrap_servers=address)


def make_topics(address: str, prefix: str, **given: int) -> administration.Made:
    """Make a relay's topics."""
    shape = {"partitions": PARTITIONS, "replication": 1, "retention_hours": -1} | given
    return administration.make(brokers_at(address), administration.planned(prefix=prefix, **shape))


def a_relay(store: EventStore, address: str, prefix: str, **given: Any) -> Relay:
    """Return a relay; of another name it has a lease of its own, as one has that lost its lease unawares."""
    return Relay(store, Publisher(brokers_at(address), prefix), **given)


async def relayed(relay: Relay) -> None:
    """Let a relay run until all is published, or it is stopped."""
    async with asyncio.timeout(PATIENCE):
        await relay.run(asyncio.Event(), until_end=True)


def read(address: str, prefix: str, *, isolation: str = "read_committed", names: Sequence[str] = EVENT_TOPICS) -> list[Read]:
    """Return all records of the topics, each partition's in order."""
    consumer = opened(KafkaConsumer, brokers_at(address), isolation_level=isolation, enable_auto_commit=False)
    try:
        return list(_all(consumer, prefix, names))
    finally:
        consumer.close()


def _all(consumer: KafkaConsumer, prefix: str, names: Sequence[str]) -> Iterator[Read]:
    consumer.topics()
    partitions = [TopicPartition(prefix + name, n) for name in names for n in consumer.partitions_for_topic(prefix + name)]
    ends = consumer.end_offsets(partitions)
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        for partition, records in consumer.poll(timeout_ms=200).items():
            for record in records:
                yield Read(
                    topic=partition.topic.removeprefix(prefix),
                    partition=partition.partition,
                    key=record.key.decode(),
                    value=record.value,
                    headers={name: text.decode() for name, text in record.headers},
                )


def ids_of(log: Sequence[Recorded]) -> list[str]:
    """Return the ids of all records that a log makes."""
    return [dict(record.headers)["ce_id"].decode() for recorded in log for record in records_of(recorded)]


def disorder(records: Sequence[Read]) -> int:
    """Return how many records come too late under their key, after those that came before were dropped."""
    seen: set[str] = set()
    last: dict[tuple[str, str], tuple[int, int]] = {}
    late = 0
    for record in records:
        if record.id in seen:
            continue
        seen.add(record.id)
        place = (int(record.headers["ce_position"]), int(record.headers.get("ce_entry", 0)))
        key = (record.topic, record.key)
        late += place < last.get(key, (0, 0))
        last[key] = max(place, last.get(key, (0, 0)))
    return late
