"""The promises to a consumer: every record, in order per key, once; only the record in progress at its end comes again."""

from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic

import pytest
from kafka import KafkaConsumer, TopicPartition
from msgspec.structs import replace

from groupchat.broker import topics as names
from groupchat.broker.connection import Brokers
from groupchat.broker.envelope import KafkaRecord as WireRecord
from groupchat.client import CONVERSATIONS, LEDGER, BrokerUnavailableError, Reader, RecordUnreadableError, TopicsMissingError
from groupchat.processes.relay.records import records_of
from groupchat.values.event import Actor
from tests.projections.histories import log_of
from tests.support.builders import moment, number
from tests.support.stories import by_subject, keys, messages, some_of_everything


@pytest.fixture
def reader(kafka, topics):
    """Make readers of the test's own topics, which end when there is nothing more."""

    def made(*topic_names: str, group: str = "g", idle_seconds: float = 0.5, **given: object) -> Reader:
        names_ = [topics + name for name in topic_names or (CONVERSATIONS,)]
        return Reader(kafka, group=topics + group, topics=names_, idle_seconds=idle_seconds, **given)

    return made


def read(reader, count=None):
    """Read to the end, or leave when `count` records are done and one more has come."""
    found = []
    with reader as records:
        for record in records:
            if len(found) == count:
                break
            found.append(record)
    return found


def committed(kafka, topics, group="g", topic=CONVERSATIONS):
    """Return the committed offset and the end of each partition that has any."""
    consumer = KafkaConsumer(bootstrap_servers=kafka, group_id=topics + group, enable_auto_commit=False)
    try:
        places = [TopicPartition(topics + topic, n) for n in range(3)]
        ends = consumer.end_offsets(places)
        return [(consumer.committed(place), ends[place]) for place in places if ends[place]]
    finally:
        consumer.close()


def test_a_reader_sees_every_record_with_all_that_its_headers_say(reader, relay):
    log = log_of(some_of_everything())
    relay.publish(log)

    found = read(reader(*names.EVENT_TOPICS))

    written = [record for each in log for record in records_of(each)]
    assert sorted(record.id for record in found) == sorted(dict(record.headers)["ce_id"].decode() for record in written)
    assert sum(record.type == "groupchat.ledger.entry" for record in found) == 2 * 15
    for record in found:
        event = next(each for each in log if each.id == f"{record.stream}/{record.version}")
        assert (record.position, record.time, record.correlation_id) == (event.position, moment(event.position), "req_1")
        assert (record.workspace, record.actor) == ("wsp_1", Actor("user", "usr_ann"))
        assert record.entry or record.type == event.type


def test_the_ledgers_entries_come_with_exact_amounts_as_text_R25(reader, relay):
    relay.publish(messages(1))

    found = read(reader(LEDGER))

    assert [(each.id, each.entry, each.subject, each.data["recipient"], each.data["amount"]) for each in found] == [
        ("cnv_0/1/1", 1, "cnv_0", number(1), "0.0200"),
        ("cnv_0/1/2", 2, "cnv_0", number(2), "0.0200"),
    ]


def test_records_of_a_key_come_in_the_order_of_their_versions(reader, relay):
    log = messages(60)
    for begin in range(0, 60, 20):
        relay.publish(log[begin : begin + 20])

    assert by_subject(read(reader())) == {f"cnv_{n}": [f"cnv_{n}/{version}" for version in range(1, 16)] for n in range(4)}


def test_aborted_records_are_never_seen(reader, relay):
    log = messages(30)
    relay.publish(log[:10])
    relay.publish([replace(each, version=each.version + 100) for each in log[:10]], abort=True)
    relay.publish(log[10:])
    relay.publish(log, abort=True)

    assert sorted(keys(read(reader()))) == sorted((each.stream, each.version, 0) for each in log)


def test_a_repeated_record_comes_once(reader, relay):
    log = messages(40)
    relay.publish(log[:30])
    relay.publish(log[10:30])
    relay.publish(log[20:])

    found = keys(read(reader(CONVERSATIONS, LEDGER)))

    assert len(found) == len(set(found)) == 40 + 80


def test_a_repeated_record_comes_once_across_a_restart(reader, relay):
    log = messages(40)
    relay.publish(log[:30])
    before = read(reader())
    relay.publish(log[5:30])
    relay.publish(log[30:])

    after = read(reader())

    assert sorted(keys(before + after)) == sorted((each.stream, each.version, 0) for each in log)


def test_a_record_repeated_beyond_the_memory_comes_twice(reader, relay):
    log = messages(40, groups=40)
    relay.publish(log)
    relay.publish(log[:1])

    assert len(read(reader(remember=3))) == 41


def test_the_same_stream_under_another_key_is_in_no_ones_way(reader, relay):
    """Contacts who share a number share its stream, and each has a key of its own."""
    relay.publish(log_of(some_of_everything(groups=12)))

    found = [record for record in read(reader(names.CONTACTS)) if record.stream.startswith("phone-")]

    assert sorted(record.version for record in found) == list(range(1, 13))
    assert {record.subject for record in found} == {f"ctc_{n}" for n in range(12)}


def test_a_record_is_done_when_the_loop_asks_for_the_next(reader, relay):
    relay.publish(messages(20, groups=1))

    first = read(reader(), count=7)
    rest = read(reader())

    assert [record.version for record in first] == list(range(1, 8))
    assert [record.version for record in rest] == list(range(8, 21))


def test_a_record_at_which_the_loop_fails_comes_again_in_this_reader_and_in_the_next(reader, relay):
    relay.publish(messages(5, groups=1))
    seen = []

    def handle(record):
        seen.append(record.version)
        if seen.count(3) < 3 and record.version == 3:
            raise ZeroDivisionError
        return True

    with reader() as records:
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                all(handle(record) for record in records)
    assert all(handle(record) for record in read(reader()))

    assert seen == [1, 2, 3, 3, 3, 4, 5]


def test_a_reader_that_has_everything_has_no_lag(reader, relay, kafka, topics):
    relay.publish(messages(30))
    relay.publish(messages(3), abort=True)

    read(reader())

    assert [(done, end) for done, end in committed(kafka, topics) if done != end] == []


def test_each_group_has_every_record(reader, relay):
    relay.publish(messages(10))

    assert len(read(reader())) == len(read(reader(group="h"))) == 10


def test_readers_of_a_group_share_the_partitions_and_take_over_from_one_that_leaves(reader, relay):
    log = messages(90, groups=30)
    relay.publish(log[:30])
    found, other = [], []
    with reader(idle_seconds=None) as one, following(one, found, until=lambda: len(found + other) == 90):
        with reader(idle_seconds=2) as two, following(two, other):
            wait_until(lambda: len(found) == 30 and two._consumer.assignment())
            relay.publish(log[30:60])
            wait_until(lambda: len(found + other) == 60)
        relay.publish(log[60:])

    assert 0 < len(other) < 30
    assert sorted(keys(found + other)) == sorted((each.stream, each.version, 0) for each in log)


@contextmanager
def following(reader, found, until=lambda: False):
    """Read to the end in another thread."""

    def follow():
        for record in reader:
            found.append(record)
            if until():
                break

    thread = Thread(target=follow, daemon=True)
    thread.start()
    yield
    thread.join(30)
    assert not thread.is_alive()


def wait_until(so):
    deadline = monotonic() + 30
    while not so():
        assert monotonic() < deadline
        Event().wait(0.02)


@pytest.mark.parametrize(
    ("headers", "value", "reason"),
    [
        ([], b"{}", "it lacks the header ce_id"),
        ([("ce_version", b"one")], b"{}", "ValueError"),
        ([("ce_time", b"noon")], b"{}", "ValidationError"),
        ([("ce_id", b"\xff")], b"{}", "UnicodeDecodeError"),
        ([("ce_type", b"groupchat.x")], b"", "DecodeError"),
        ([("ce_type", b"groupchat.x")], b"[]", "ValidationError"),
    ],
)
def test_an_unreadable_record_stops_the_reader_which_names_its_place(reader, relay, topics, headers, value, reason):
    good = next(iter(records_of(messages(1)[0])))
    bad = WireRecord(topic=good.topic, key=good.key, value=value, headers=[*(good.headers if headers else []), *headers])
    relay.send([good, bad])

    for group_goes_on in range(2):
        seen = []
        with reader() as records, pytest.raises(RecordUnreadableError, match=reason) as failed:
            seen.extend(record.version for record in records)
        assert f"{topics}groupchat.conversations.v1, partition " in str(failed.value)
        assert ", offset 1: " in str(failed.value)
        assert group_goes_on == 0 or seen == []


def test_a_missing_topic_is_named(reader, topics):
    with (
        pytest.raises(TopicsMissingError, match=f"lacks {topics}groupchat.nothing.v1, or hides it from you"),
        reader("groupchat.nothing.v1"),
    ):
        pass


def test_an_unreachable_broker_is_named():
    with (
        pytest.raises(BrokerUnavailableError, match=r"Kafka at 127\.0\.0\.1:1 can't be used"),
        Reader(Brokers(bootstrap_servers="127.0.0.1:1", bootstrap_ms=300), group="g", topics=["groupchat.ledger.v1"]),
    ):
        pass
