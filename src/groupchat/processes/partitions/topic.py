"""The topic of conversations on the brokers: its identity, its offsets, and the part of the log that it contains."""

from collections.abc import Iterable, Mapping
from time import monotonic

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import KafkaTimeoutError, UnknownTopicOrPartitionError, for_code
from msgspec import Struct

from groupchat.broker.connection import Brokers
from groupchat.broker.envelope import Headers
from groupchat.broker.opening import opened
from groupchat.broker.topics import CONVERSATIONS
from groupchat.store.places import Place

_FIRSTS_SECONDS = 30.0
_POLL_MS = 200
_REQUEST_MS = 5_000


class UnusableTopicError(Exception):
    """The views can't follow the topic. The message says why and what to do."""


class NotThereYetError(Exception):
    """A view lacks events that the topic lacks too. It can follow once a rebuild, or the log, has brought it further."""


class MissingTopicError(Exception):
    """The topic does not exist. The message says how to create it."""


class Extent(Struct, frozen=True):
    """The offsets of a partition: from `first` to before `end`."""

    first: int
    end: int


class Topic:
    """The topic as the brokers describe it, seen from outside the consumer."""

    def __init__(self, brokers: Brokers, prefix: str) -> None:
        self.name = prefix + CONVERSATIONS
        self._brokers = brokers
        self._admin: KafkaAdminClient = opened(KafkaAdminClient, brokers, request_timeout_ms=_REQUEST_MS)

    def close(self) -> None:
        """Close its connections."""
        self._admin.close()

    def identity(self) -> tuple[str, frozenset[int]]:
        """Return the topic's name with its id, and its partitions; raises `MissingTopicError`."""
        (found,) = self._admin.describe_topics([self.name])
        error = for_code(found["error_code"])
        if error is UnknownTopicOrPartitionError:
            msg = f"There is no topic {self.name}. `groupchat topics` creates it, and the relay fills it."
            raise MissingTopicError(msg)
        if found["error_code"]:
            raise error
        return f"{self.name} {found['topic_id']}", frozenset(each["partition_index"] for each in found["partitions"])

    def ends(self, partitions: Iterable[int]) -> dict[int, int]:
        """Return the offsets after the last records, including those of undecided transactions."""
        return self._offsets(partitions, OffsetSpec.LATEST)

    def extents(self, partitions: Iterable[int]) -> dict[int, Extent]:
        """Return the range of offsets of each partition."""
        numbers = tuple(partitions)
        firsts, ends = self._offsets(numbers, OffsetSpec.EARLIEST), self.ends(numbers)
        return {each: Extent(firsts[each], ends[each]) for each in numbers}

    def starts(self, partitions: Iterable[int], *, published: int, first: int) -> dict[int, Place]:
        """Return where each partition begins, with the position up to which it lacks events of the log.

        Everything up to `published` was published before this call. `first` is the position of the log's first event that belongs
        to the topic. A partition that retention has cut lacks the events before its first record; a topic that was created late,
        those before its very first record.
        """
        extents = self.extents(partitions)
        positions = self._first_positions(extents)
        whole_from = min(positions.values(), default=published + 1)
        lacking = {
            each: (positions.get(each, published + 1) if extent.first else whole_from) - 1 for each, extent in extents.items()
        }
        return {each: Place(extents[each].first, upto if upto >= first else 0) for each, upto in lacking.items()}

    def _offsets(self, partitions: Iterable[int], spec: OffsetSpec) -> dict[int, int]:
        asked = {TopicPartition(self.name, each): spec for each in partitions}
        return {each.partition: found.offset for each, found in self._admin.list_partition_offsets(asked).items()} if asked else {}

    def _first_positions(self, extents: Mapping[int, Extent]) -> dict[int, int]:
        """Return the position of each partition's first record with an event; none for a partition without such a record."""
        wanted = {TopicPartition(self.name, each): extent for each, extent in extents.items() if extent.first < extent.end}
        consumer = opened(KafkaConsumer, self._brokers, isolation_level="read_committed", auto_offset_reset="none")
        try:
            return _read_firsts(consumer, wanted)
        finally:
            consumer.close()


def _read_firsts(consumer: KafkaConsumer, wanted: Mapping[TopicPartition, Extent]) -> dict[int, int]:
    found: dict[int, int] = {}
    left = dict(wanted)
    consumer.assign(list(left))
    for each, extent in left.items():
        consumer.seek(each, extent.first)
    deadline = monotonic() + _FIRSTS_SECONDS
    while left:
        if monotonic() > deadline:
            msg = f"the first records of the partitions {sorted(each.partition for each in left)} could not be read"
            raise KafkaTimeoutError(msg)
        for each, records in consumer.poll(timeout_ms=_POLL_MS, max_records=100).items():
            found.setdefault(each.partition, position_in(records[0].headers))
        for each in [each for each in left if each.partition in found or consumer.position(each) >= left[each].end]:
            left.pop(each)
            consumer.pause(each)
    return found


def position_in(headers: Headers) -> int:
    """Return the position in a record's headers; raises `UnusableTopicError` if it has none."""
    for name, value in headers:
        if name == "ce_position" and value.isdigit():
            return int(value)
    msg = (
        "A record has no position, so another program writes to the topic. Prevent that, then create and fill the topic again "
        "(docs/kafka.md, Scale out over Kafka), or let the projections follow the log again."
    )
    raise UnusableTopicError(msg)
