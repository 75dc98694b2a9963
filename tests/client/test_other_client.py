"""Another client than kafka-python sees the same: librdkafka, through `confluent-kafka`."""

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from msgspec.structs import replace

from groupchat.broker.topics import EVENT_TOPICS
from groupchat.client import Reader, Record
from groupchat.client.record import record_of
from groupchat.processes.relay.records import records_of
from tests.projections.histories import log_of
from tests.support.stories import some_of_everything

PARTITIONS = 3


def by_librdkafka(kafka: str, topics: str) -> dict[tuple[str, bytes], list[tuple[list[tuple[str, bytes]], bytes]]]:
    """Return headers and values under each topic's keys, in their order."""
    consumer = Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": f"{topics}other",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
    )
    consumer.assign([TopicPartition(topics + name, n, OFFSET_BEGINNING) for name in EVENT_TOPICS for n in range(PARTITIONS)])
    found: dict[tuple[str, bytes], list[tuple[list[tuple[str, bytes]], bytes]]] = {}
    ends = 0
    while ends < PARTITIONS * len(EVENT_TOPICS):
        message = consumer.poll(20)
        assert message is not None
        if message.error() is not None:
            ends += 1
            continue
        found.setdefault((message.topic().removeprefix(topics), message.key()), []).append((message.headers(), message.value()))
    consumer.close()
    return found


def test_librdkafka_sees_the_same_records_headers_and_order_and_nothing_that_was_aborted(kafka, topics, relay):
    log = log_of(some_of_everything(groups=8))
    for begin in range(0, len(log), 20):
        relay.publish(log[begin : begin + 20])
        relay.publish([replace(each, version=each.version + 1_000) for each in log[begin : begin + 20]], abort=True)

    theirs = by_librdkafka(kafka, topics)

    written: dict[tuple[str, bytes], list[tuple[list[tuple[str, bytes]], bytes]]] = {}
    for each in (record for event in log for record in records_of(event)):
        written.setdefault((each.topic, each.key), []).append((each.headers, each.value))
    assert theirs == written
    for name in EVENT_TOPICS:
        ours: dict[str, list[Record]] = {}
        with Reader(kafka, group=f"{topics}ours", topics=[topics + name], idle_seconds=0.5) as records:
            for record in records:
                ours.setdefault(record.subject, []).append(record)
        decoded = {key.decode(): [record_of(*each) for each in of_key] for (topic, key), of_key in theirs.items() if topic == name}
        assert ours == decoded
        assert ours
