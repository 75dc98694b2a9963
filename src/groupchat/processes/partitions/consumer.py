"""The consumer in the group that shares the topic's partitions. Kafka assigns partitions; the database says where to begin."""

from collections.abc import Mapping, Sequence
from threading import Event
from time import monotonic
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.errors import IllegalStateError, KafkaTimeoutError
from msgspec import Struct

from groupchat.broker.connection import Brokers
from groupchat.broker.opening import opened

GROUP = "groupchat.projections"
POLL_MS = 10
"""The time to wait for records before doing other work."""
POLL_RECORDS = 2_000
_CLOSE_MS = 2_000

_CONFIGS: dict[str, Any] = {
    "enable_auto_commit": False,
    "auto_offset_reset": "none",
    "isolation_level": "read_committed",
    "allow_auto_create_topics": False,
    "fetch_max_wait_ms": 100,  # the time that a newly sought partition may wait for the fetch before it
    "fetch_max_bytes": 8 * 1024 * 1024,
    "session_timeout_ms": 6_000,  # the brokers' minimum; a member mistaken for dead costs little, because nothing is applied twice
    "heartbeat_interval_ms": 1_500,
    "max_poll_interval_ms": 20_000,  # also the longest wait for a lost member while the group rebalances
    "metadata_max_age_ms": 30_000,
    "reconnect_backoff_max_ms": 2_000,
    "metrics_enabled": False,
}


class Waits(Struct, frozen=True):
    """How many seconds a worker waits for partitions before it reports that, and before it leaves and rejoins the group.

    The group waits less long for a lost member.
    """

    report: float = 3.0
    rejoin: float = 30.0


WAITS = Waits()


class Fetched(Struct, frozen=True):
    """Records that were read from a partition, from the offset `start` to before `end`."""

    partition: int
    start: int
    end: int
    records: Sequence[Any]


class Consumer(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """Reads the partitions that the group assigns. A newly assigned partition waits until `begin` says where to begin."""

    def __init__(self, brokers: Brokers, topic: str, group: str, waits: Waits = WAITS) -> None:
        self._waits = waits
        self._topic = topic
        self._reassigned = Event()
        self._joining_since: float | None = monotonic()
        self._consumer = opened(KafkaConsumer, brokers, group_id=group, **_CONFIGS)
        try:
            self._subscribe()
        except BaseException:
            self.close()
            raise

    def _subscribe(self) -> None:
        self._consumer.subscribe(
            [self._topic], listener=self
        )  # before everything else, or the partitions that are reported later look new to it
        if not self._consumer.partitions_for_topic(self._topic):  # a group leader without partitions assigns none
            msg = f"The brokers have not reported the partitions of {self._topic} yet."
            raise KafkaTimeoutError(msg)

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close(autocommit=False, timeout_ms=_CLOSE_MS)

    def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:  # noqa: ARG002 - all are assigned again
        """Stop returning records that were already read, and make sure that the consumer finishes joining the group.

        The group's leader joins again when the topic looks different to it. kafka-python 3.0 considers that done once the leader
        has assigned the partitions. If `poll` returns before the group has responded, the leader never receives any.
        """
        self._joining_since = self._joining_since or monotonic()
        self._consumer._coordinator.request_rejoin()  # noqa: SLF001 - the only other way is to poll until it is done

    def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Keep the new partitions waiting. kafka-python calls it in the client's own thread, which may not wait for a database."""
        for each in assigned:
            self._consumer.seek(each, 0)
        self._consumer.pause(*assigned)
        self._joining_since = None
        self._reassigned.set()

    def forget(self) -> None:
        """Treat the assignment as changed."""
        self._reassigned.set()

    def joining_seconds(self) -> float | None:
        """Return how long it has been waiting for the group to assign partitions; none if it has an assignment."""
        since = self._joining_since
        return None if since is None else monotonic() - since

    def assigned(self) -> tuple[int, ...]:
        """Return the partitions that are assigned to this consumer."""
        self._reassigned.clear()
        return tuple(sorted(each.partition for each in self._consumer.assignment()))

    def begin(self, offsets: Mapping[int, int]) -> None:
        """Read partitions from these offsets on."""
        for partition, offset in offsets.items():
            each = TopicPartition(self._topic, partition)
            self._consumer.seek(each, offset)
            self._consumer.resume(each)

    def poll(self, *, wait: bool) -> list[Fetched] | None:
        """Return new records of each partition that has moved; none if the assignment has changed, or may have.

        Raises `KafkaTimeoutError` if the group assigns none for too long.
        """
        if (joining := self.joining_seconds()) is not None:
            self._join(joining)
            return None
        if self._reassigned.is_set():
            return None
        starts = self._positions()
        found = self._consumer.poll(timeout_ms=POLL_MS if wait else 0, max_records=POLL_RECORDS)
        ends = self._positions()
        if self.joining_seconds() is not None or self._reassigned.is_set():
            return None
        return [
            Fetched(each.partition, start, ends[each], found.get(each, ())) for each, start in starts.items() if ends[each] != start
        ]

    def offsets(self) -> dict[int, int]:
        """Return the next offset of each partition."""
        return {each.partition: offset for each, offset in self._positions().items()}

    def _join(self, seconds: float) -> None:
        if seconds > self._waits.rejoin:
            msg = f"the consumer group has assigned no partitions for {self._waits.rejoin:g} s"
            raise KafkaTimeoutError(msg)
        self._consumer.poll(timeout_ms=POLL_MS)  # no records can come: new partitions wait, and the old ones were revoked

    def _positions(self) -> dict[TopicPartition, int]:
        try:
            return {each: self._consumer.position(each) for each in self._consumer.assignment()}
        except IllegalStateError:  # it was revoked meanwhile
            self._reassigned.set()
            return {}
