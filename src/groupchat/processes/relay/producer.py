"""kafka-python's transactional producer, extended with information that the relay needs and kafka-python does not expose.

It depends on internals of kafka-python 3.0 in three places: sending a transaction's records together, committing with a time
limit, and closing immediately.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from kafka import KafkaProducer, TopicPartition
from kafka.errors import KafkaTimeoutError
from kafka.producer.transaction_manager import EndTxnHandler

from groupchat.broker.connection import Brokers
from groupchat.broker.envelope import KafkaRecord
from groupchat.broker.opening import opened

REQUEST_MS = 8_000
DELIVERY_MS = 10_000
"""The time limit for sending a record."""
COMMIT_MS = 10_000
TRANSACTION_MS = 60_000
"""After this time, the broker aborts a relay's unfinished transaction."""
MAX_REQUEST_BYTES = 16 * 1024 * 1024
"""Larger than any event, so that the topic's own `max.message.bytes` decides what is too large."""


class Producer(KafkaProducer):  # type: ignore[misc] # kafka-python is untyped
    """A producer whose transactions end in time, or fail."""

    def send_all(self, records: Sequence[tuple[TopicPartition, KafkaRecord]]) -> list[Any]:
        """Send a transaction's records to their partitions; return a future for each.

        `send` wakes the sender's thread at each partition's first record. That thread then asks the coordinator for one partition
        alone, before the others are known, and the two threads take turns for the rest.
        """
        for place in dict.fromkeys(place for place, _ in records):
            self._transaction_manager.maybe_add_partition_to_transaction(place)
        append = self._accumulator.append
        sent = [append(place, None, record.key, record.value, record.headers)[0] for place, record in records]
        self._sender.wakeup()
        return sent

    def commit(self, timeout_ms: int = COMMIT_MS) -> bool:
        """Commit; return whether the broker was asked only once. Raises the error, `KafkaTimeoutError` after the time-out.

        `commit_transaction` waits without a limit, even for a request that kafka-python drops because the broker is unreachable
        when it is due. A request that was sent twice may arrive late a second time, and Kafka's older protocol, the only one that
        kafka-python implements, would take it for the end of the *next* transaction (KIP-890).
        """
        manager = self._transaction_manager
        with manager._lock:  # noqa: SLF001 - the handler is there until the sender's thread takes it
            result = manager.begin_commit()
            pending = manager._pending_requests  # noqa: SLF001
            ending = next(handler for _, _, handler in pending if isinstance(handler, EndTxnHandler))
        self._sender.wakeup()
        if not result.wait(timeout_ms=timeout_ms):
            msg = f"the brokers have not reported for {timeout_ms / 1_000:g} s whether a transaction is committed"
            raise KafkaTimeoutError(msg)
        return not ending.is_retry

    def learn(self, topics: Sequence[str]) -> dict[str, int]:
        """Return the number of partitions of each topic. Asking for all at once saves the first records a wait."""
        for topic in topics:
            self._sender.add_topic(topic)
        return {topic: len(self.partitions_for(topic)) for topic in topics}

    def abandon(self) -> None:
        """Close immediately, because no code waits for the results. `close` would first wait for everything that was sent."""
        self._sender.force_close()
        self._sender.join(1.0)
        with suppress(KafkaTimeoutError):
            self.close(timeout=0)


def open_producer(brokers: Brokers, transactional_id: str, *, delivery_ms: int = DELIVERY_MS, **configs: Any) -> Producer:
    """Return a producer that has fenced all earlier ones of its id, so that their transactions are committed or aborted."""
    producer = opened(
        Producer,
        brokers,
        transactional_id=transactional_id,
        allow_auto_create_topics=False,
        batch_size=256 * 1024,
        max_request_size=MAX_REQUEST_BYTES,
        request_timeout_ms=min(REQUEST_MS, delivery_ms),
        delivery_timeout_ms=delivery_ms,
        max_block_ms=REQUEST_MS,
        transaction_timeout_ms=TRANSACTION_MS,
        retry_backoff_ms=10,  # the pause when a transaction begins before the last one's markers are written
        metrics_enabled=False,
        **configs,
    )
    try:
        producer.init_transactions()
    except BaseException:
        producer.abandon()
        raise
    return producer
