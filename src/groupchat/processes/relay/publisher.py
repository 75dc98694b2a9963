"""Publishing: a batch's records and the relay's position in one Kafka transaction (docs/adr/0018)."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from kafka import TopicPartition
from kafka.errors import MessageSizeTooLargeError, RecordListTooLargeError
from kafka.partitioner.default import murmur2

from groupchat.broker.connection import Brokers
from groupchat.broker.envelope import KafkaRecord
from groupchat.broker.opening import explained
from groupchat.broker.topics import EVENT_TOPICS, PROGRESS
from groupchat.processes.relay.producer import DELIVERY_MS, Producer, open_producer
from groupchat.processes.relay.progress import RelayProgress, read_progress

_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)
_KEYS = 100_000


class RecordTooLargeError(Exception):
    """One of the records is larger than its topic allows.

    Nobody knows which one: kafka-python gives the same error to the records that it has not sent by then.
    """


class Publisher:
    """Publishes in order; used by one thread at a time.

    After any error, the outcome may be unknown: close the publisher and open it again. `open` determines the outcome and returns
    it.
    """

    def __init__(self, brokers: Brokers, prefix: str, *, delivery_ms: int = DELIVERY_MS) -> None:
        self.brokers = brokers
        self.prefix = prefix
        self._delivery_ms = delivery_ms
        self.certain = True
        """Whether another transaction may follow; if not, the publisher must be reopened first."""
        self._producer: Producer | None = None
        self._place = lru_cache(maxsize=_KEYS)(self._place_of)
        self._partitions: dict[str, int] = {}

    def open(self) -> RelayProgress | None:
        """Fence earlier relays, and only then read how far they came; none if no position was ever committed.

        Raises `MissingTopicsError`, and `BrokerUnavailableError` for any other failure of the brokers.
        """
        self.close()
        with explained(self.brokers):
            self._producer = open_producer(self.brokers, f"{self.prefix}groupchat.relay", delivery_ms=self._delivery_ms)
            progress = read_progress(self.brokers, self.prefix)
            self._partitions = self._producer.learn([self.prefix + name for name in (*EVENT_TOPICS, PROGRESS)])
        self.certain = True
        return progress

    def publish(self, records: Sequence[KafkaRecord], progress: RelayProgress) -> None:
        """Publish records and position, all or nothing. Raises kafka-python's errors, and `RecordTooLargeError`."""
        producer = self._producer
        if producer is None:
            msg = "the publisher is not open"
            raise RuntimeError(msg)
        producer.begin_transaction()
        for future in self._send(producer, [*records, progress.record()]):
            # In kafka-python, a record that timed out does not fail the transaction, which would be committed without it.
            try:
                future.get(timeout=self._delivery_ms / 1_000)
            except _TOO_LARGE as error:
                raise RecordTooLargeError(str(error)) from error
        self.certain = producer.commit()

    def close(self) -> None:
        """Close the producer in any state."""
        producer, self._producer = self._producer, None
        self._place.cache_clear()
        if producer is not None:
            producer.abandon()

    def _send(self, producer: Producer, records: Sequence[KafkaRecord]) -> list[Any]:
        return producer.send_all([(self._place(record.topic, record.key), record) for record in records])

    def _place_of(self, topic: str, key: bytes) -> TopicPartition:
        """Return the partition that Kafka's own clients choose for a key."""
        name = self.prefix + topic
        return TopicPartition(name, 0 if topic == PROGRESS else (murmur2(key) & 0x7FFFFFFF) % self._partitions[name])
