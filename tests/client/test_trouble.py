"""A reader in trouble: the broker goes and comes back, records are deleted before they are read, a handler takes too long."""

from collections.abc import Iterator
from itertools import islice

import pytest
from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import CommitFailedError, KafkaTimeoutError

from groupchat.client import CONVERSATIONS, Reader, RecordsGoneError
from tests.support.publishing import make_topics, publisher
from tests.support.stories import keys, messages


@pytest.fixture
def reader(kafka, topics):
    """Make readers of the test's own topic, which end when there is nothing more."""

    def made(**given: object) -> Reader:
        return Reader(kafka, group=f"{topics}g", topics=[topics + CONVERSATIONS], idle_seconds=0.5, **given)

    return made


def test_a_broker_that_stops_and_comes_back_is_waited_for_and_nothing_is_lost_or_seen_twice(own_broker, topic_prefix):
    log = messages(60)
    make_topics(own_broker.address, topic_prefix)
    with publisher(own_broker.address, topic_prefix) as relay:
        relay.publish(log[:30])
    with Reader(own_broker.address, group=f"{topic_prefix}g", topics=[topic_prefix + CONVERSATIONS]) as records:
        following = iter(records)
        found = list(islice(following, 20))
        own_broker.kill()
        own_broker.start()
        with publisher(own_broker.address, topic_prefix) as relay:
            relay.publish(log[30:])
        found += islice(following, 40)

    assert sorted(keys(found)) == sorted((each.stream, each.version, 0) for each in log)


def test_records_that_were_deleted_before_they_were_read_stop_the_reader(kafka, topics, relay, reader):
    relay.publish(messages(8, groups=1))
    with reader() as records:
        assert len(list(islice(records, 4))) == 4
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.delete_records({TopicPartition(topics + CONVERSATIONS, n): -1 for n in range(3)})
    admin.close()

    with reader() as records, pytest.raises(RecordsGoneError, match="Kafka has no records at the offset"):
        list(records)


@pytest.mark.parametrize("error", [CommitFailedError("taken over"), KafkaTimeoutError("nobody answers")])
def test_uncommitted_records_come_again_to_another_reader(relay, reader, monkeypatch, error):
    log = messages(20, groups=1)
    relay.publish(log)
    first: list[int] = []
    with reader() as records:
        for record in records:
            first.append(record.version)
            if record.version == 5:
                monkeypatch.setattr(records._consumer, "commit", failing(error))
                records._committed_at = 0.0
    rest = [record.version for record in read(reader())]

    assert first == list(range(1, 21))
    assert rest == list(range(1, 21))


def failing(error: Exception):
    def commit(*_: object, **__: object) -> None:
        raise error

    return commit


def read(reader: Reader) -> Iterator:
    with reader as records:
        yield from records


def test_a_handler_that_takes_too_long_loses_its_partitions_and_continues_without_losing_records(relay, reader, kafka, topics):
    log = messages(30, groups=1)
    relay.publish(log)
    seen: list[int] = []
    with reader() as slow:
        for record in slow:
            seen.append(record.version)
            if record.version == 10:
                with reader() as other:
                    slow._consumer._coordinator.maybe_leave_group()  # as the group does with one that is not heard of
                    taken = [each.version for each in other]
                slow._committed_at = 0.0

    assert taken == list(range(1, 31))
    assert sorted({*seen, *taken}) == list(range(1, 31))
    assert len(seen) == len(set(seen))
