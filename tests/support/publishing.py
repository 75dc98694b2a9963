"""Records on a real broker as the relay writes them, in transactions that are committed or aborted, for tests of their readers."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import uuid4

from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from groupchat.broker.envelope import KafkaRecord
from groupchat.broker.topics import EVENT_TOPICS
from groupchat.processes.relay.records import records_of
from groupchat.values.event import Recorded


def make_topics(address: str, prefix: str, *, partitions: int = 3) -> None:
    """Make the topics that consumers read."""
    admin = KafkaAdminClient(bootstrap_servers=address)
    admin.create_topics([NewTopic(f"{prefix}{name}", partitions, 1) for name in EVENT_TOPICS])
    admin.close()


class Publisher:
    """Publishes a batch in a transaction."""

    def __init__(self, producer: KafkaProducer, prefix: str) -> None:
        self._producer = producer
        self._prefix = prefix

    def publish(self, log: Iterable[Recorded], *, abort: bool = False) -> None:
        """Publish a batch, or write it and abort."""
        self.send([record for each in log for record in records_of(each)], abort=abort)

    def send(self, records: Iterable[KafkaRecord], *, abort: bool = False) -> None:
        """Send records as they are, in a transaction."""
        self._producer.begin_transaction()
        sent = [self._producer.send(self._prefix + each.topic, each.value, key=each.key, headers=each.headers) for each in records]
        for future in sent:
            future.get(timeout=20)
        if abort:
            self._producer.abort_transaction()
        else:
            self._producer.commit_transaction()


@contextmanager
def publisher(address: str, prefix: str) -> Iterator[Publisher]:
    """Give a publisher on topics that are there."""
    producer = KafkaProducer(bootstrap_servers=address, transactional_id=f"test-{uuid4().hex}", retry_backoff_ms=20)
    producer.init_transactions()
    try:
        yield Publisher(producer, prefix)
    finally:
        producer.close()
