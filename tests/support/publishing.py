"""Records on a real broker as the relay writes them, in transactions that are committed or aborted, for tests of who reads them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import msgspec
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from groupchat.aggregates import delivery, phone_book
from groupchat.aggregates.sight import published
from groupchat.broker.envelope import ENTRY_TYPE, Record, headers_of
from groupchat.broker.topics import EVENT_TOPICS, LEDGER, WORKSPACES, topic_of
from groupchat.projections.ledger import line_of
from groupchat.values.event import Recorded

_ABOUT_ANOTHER = (delivery.Started, delivery.Updated, delivery.Withheld)


def make_topics(address: str, prefix: str, *, partitions: int = 3) -> None:
    """Make the topics that consumers read."""
    admin = KafkaAdminClient(bootstrap_servers=address)
    admin.create_topics([NewTopic(f"{prefix}{name}", partitions, 1) for name in EVENT_TOPICS])
    admin.close()


def records_of(recorded: Recorded) -> Iterator[Record]:
    """Yield an event's own record, and one for each ledger entry that it leads to."""
    event, topic = recorded.event, topic_of(recorded.type)
    key = _key(recorded, topic)
    yield Record(topic=topic, key=key.encode(), value=msgspec.json.encode(published(event)), headers=headers_of(recorded, key))
    line = line_of(recorded)
    for n, entry in enumerate(line.entries() if line is not None else (), start=1):
        headers = headers_of(recorded, entry.conversation_id, kind=ENTRY_TYPE, entry=n)
        yield Record(topic=LEDGER, key=entry.conversation_id.encode(), value=msgspec.json.encode(entry), headers=headers)


def _key(recorded: Recorded, topic: str) -> str:
    event = recorded.event
    if topic == WORKSPACES:
        return recorded.cause.workspace_id
    if isinstance(event, _ABOUT_ANOTHER):
        return event.conversation_id
    if isinstance(event, phone_book.NumberListed | phone_book.NumberUnlisted):
        return event.contact_id
    return recorded.stream


class Publisher:
    """Publishes a batch in a transaction."""

    def __init__(self, producer: KafkaProducer, prefix: str) -> None:
        self._producer = producer
        self._prefix = prefix

    def publish(self, log: Iterable[Recorded], *, abort: bool = False) -> None:
        """Publish a batch, or write it and abort."""
        self.send([record for each in log for record in records_of(each)], abort=abort)

    def send(self, records: Iterable[Record], *, abort: bool = False) -> None:
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
