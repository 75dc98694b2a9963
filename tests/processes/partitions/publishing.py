"""Publishing the relay's own records step by step: in transactions that are committed or aborted, again, and its position last."""

from collections.abc import Sequence

from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from groupchat.broker.topics import CONVERSATIONS, RELAY, topic_of
from groupchat.processes.relay import records
from groupchat.store.database import Database
from groupchat.store.positions import advance, ensure
from groupchat.values.event import Recorded

BATCH = 200


def make_topic(address: str, prefix: str, partitions: int = 4, name: str = CONVERSATIONS) -> str:
    """Make a topic and return its name."""
    admin = KafkaAdminClient(bootstrap_servers=address)
    try:
        admin.create_topics([NewTopic(prefix + name, partitions, 1)])
        admin.wait_for_topics([prefix + name])
    finally:
        admin.close()
    return prefix + name


def delete_topic(address: str, name: str) -> None:
    """Delete a topic."""
    admin = KafkaAdminClient(bootstrap_servers=address)
    try:
        admin.delete_topics([name])
    finally:
        admin.close()


def key_of(recorded: Recorded) -> str | None:
    """Return the key of an event of the topic of conversations, none for any other."""
    topic = topic_of(recorded.type)
    return records.key_of(recorded, topic) if topic == CONVERSATIONS else None


class Publisher:
    """A transactional producer for one topic."""

    def __init__(self, address: str, topic: str) -> None:
        self._topic = topic
        self._producer = KafkaProducer(bootstrap_servers=address, transactional_id=f"test-{topic}", acks="all")
        self._producer.init_transactions()

    def close(self) -> None:
        self._producer.close()

    def publish(self, log: Sequence[Recorded], database: Database | None = None) -> None:
        """Publish events in transactions; with a database store the position there after each, as the relay's."""
        for start in range(0, len(log), BATCH):
            batch = log[start : start + BATCH]
            self._producer.begin_transaction()
            self._send(batch)
            self._producer.commit_transaction()
            if database is not None:
                with database.write() as connection:
                    ensure(connection, RELAY)
                    advance(connection, [RELAY], batch[-1].position)

    def abort(self, log: Sequence[Recorded]) -> None:
        """Publish events in a transaction that is aborted."""
        self._producer.begin_transaction()
        self._send(log)
        self._producer.flush()
        self._producer.abort_transaction()

    def raw(self, value: bytes, headers: list[tuple[str, bytes]], key: bytes = b"x") -> None:
        """Publish any record."""
        self._producer.begin_transaction()
        self._producer.send(self._topic, key=key, value=value, headers=headers)
        self._producer.commit_transaction()

    def _send(self, batch: Sequence[Recorded]) -> None:
        for each in (record for recorded in batch for record in records.records_of(recorded) if record.topic == CONVERSATIONS):
            self._producer.send(self._topic, key=each.key, value=each.value, headers=each.headers)
