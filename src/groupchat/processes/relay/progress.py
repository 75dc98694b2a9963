"""The relay's own position in Kafka: the last record of a compacted topic, written in one transaction with the events."""

from datetime import datetime
from time import monotonic
from typing import Self

import msgspec
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaTimeoutError
from msgspec import Struct

from groupchat.broker.connection import Brokers
from groupchat.broker.envelope import KafkaRecord
from groupchat.broker.opening import opened
from groupchat.broker.topics import EVENT_TOPICS, PROGRESS
from groupchat.values.event import Recorded

KEY = b"position"
_PATIENCE_SECONDS = 10.0
_TAIL = 100
"""The last position is first looked for this far before the topic's end; the markers of transactions take up the end itself."""


class MissingTopicsError(Exception):
    """Topics do not exist. The message names them and says what to do."""


class RelayProgress(Struct, frozen=True, kw_only=True):
    """Everything up to `position` is published. The event there, and the time of the first one, tell this log from others."""

    position: int
    event: str | None = None
    at: datetime | None = None

    @classmethod
    def behind(cls, recorded: Recorded) -> Self:
        """Return the position after an event."""
        return cls(position=recorded.position, event=recorded.id, at=recorded.at)

    def record(self) -> KafkaRecord:
        """Return the record that stores it."""
        return KafkaRecord(topic=PROGRESS, key=KEY, value=msgspec.json.encode(self), headers=[])


def read_progress(brokers: Brokers, prefix: str) -> RelayProgress | None:
    """Return the progress that was committed last, none if there is none; raises `MissingTopicsError` if any topic does not exist.

    Call it when no earlier relay can write any more.
    """
    consumer = opened(
        KafkaConsumer,
        brokers,
        isolation_level="read_committed",
        enable_auto_commit=False,
        allow_auto_create_topics=False,
        metrics_enabled=False,
    )
    try:
        missing = {prefix + name for name in (*EVENT_TOPICS, PROGRESS)} - consumer.topics()
        if missing:
            again = f" --topic-prefix {prefix}" if prefix else ""
            msg = f"Kafka at {brokers.bootstrap_servers} lacks {', '.join(sorted(missing))}: run `groupchat topics{again}`."
            raise MissingTopicsError(msg)
        return _last(consumer, TopicPartition(prefix + PROGRESS, 0))
    finally:
        consumer.close()


def _last(consumer: KafkaConsumer, partition: TopicPartition) -> RelayProgress | None:
    consumer.assign([partition])
    first = consumer.beginning_offsets([partition])[partition]
    end = consumer.end_offsets([partition])[partition]
    tail = _TAIL
    while True:
        start = max(first, end - tail)
        found = _last_between(consumer, partition, start, end)
        if found is not None or start == first:
            return found
        tail *= 100


def _last_between(consumer: KafkaConsumer, partition: TopicPartition, start: int, end: int) -> RelayProgress | None:
    last = None
    consumer.seek(partition, start)
    deadline = monotonic() + _PATIENCE_SECONDS
    while consumer.position(partition) < end:
        if monotonic() > deadline:
            msg = f"{partition.topic} can't be read to its end"
            raise KafkaTimeoutError(msg)
        for record in consumer.poll(timeout_ms=100).get(partition, []):
            last = record if record.key == KEY else last
    return None if last is None else msgspec.json.decode(last.value, type=RelayProgress)
