"""Reading topics in a consumer group: at least once, each record only after the one before it is done."""

import logging
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from types import TracebackType
from typing import Any, Self

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import (
    CommitFailedError,
    KafkaError,
    LogTruncationError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    RebalanceInProgressError,
    RetriableError,
)
from kafka.structs import OffsetAndMetadata

from groupchat.broker.connection import Brokers
from groupchat.broker.envelope import RecordUnreadableError
from groupchat.broker.opening import explained, opened
from groupchat.client.partitions import Keeper, Partition
from groupchat.client.record import Record, record_of

COMMIT_SECONDS = 1.0
"""The pause between commits while records keep coming; at the end of a partition, the reader commits immediately."""
_COMMIT_MS = 5_000
_POLL_MS = 500

log = logging.getLogger(__name__)


class TopicsMissingError(Exception):
    """Topics do not exist. The message names them."""


class RecordsGoneError(Exception):
    """The records at the group's offset were deleted. The message says where, and what to do."""


class Reader:
    """Reads topics as a member of a consumer group. Several readers of one group share the partitions.

    Iterate over it in a `with` block. A record is done when the loop requests the next one, and only done records are committed. So
    the record that a process was handling when it ended, for whatever reason, comes again. The same applies to the record at which
    you leave the loop, even with `break`.

    A record that a partition contains twice within `remember` records comes once, even across restarts: a reader that is assigned a
    partition first looks back that far. `instance` is a permanent name of this process within the group. With a name, a restarted
    process gets its partitions back immediately; without one, after `session_seconds`. With `idle_seconds`, the loop ends when
    everything is read and nothing has arrived for that time.

    Raises `BrokerUnavailableError` and `TopicsMissingError` when the block begins; in the loop `RecordUnreadableError`,
    `RecordsGoneError`, and permanent errors of kafka-python. It waits for an unreachable broker.
    """

    def __init__(
        self,
        brokers: Brokers | str,
        *,
        group: str,
        topics: Sequence[str],
        instance: str | None = None,
        remember: int = 10_000,
        idle_seconds: float | None = None,
        session_seconds: float = 10.0,
    ) -> None:
        self._brokers = Brokers(bootstrap_servers=brokers) if isinstance(brokers, str) else brokers
        self._topics = (topics,) if isinstance(topics, str) else tuple(topics)
        self._remember = remember
        self._idle_seconds = idle_seconds
        self._group = group
        self._configs: dict[str, Any] = {
            "group_id": group,
            "group_instance_id": instance,
            "session_timeout_ms": int(session_seconds * 1_000),
            "heartbeat_interval_ms": int(session_seconds * 300),
        }
        self._queue: deque[Any] = deque()
        self._partitions: dict[TopicPartition, Partition] = {}
        self._committed_at = monotonic()

    def __enter__(self) -> Self:
        with explained(self._brokers):
            self._consumer = opened(
                KafkaConsumer,
                self._brokers,
                isolation_level="read_committed",
                enable_auto_commit=False,
                auto_offset_reset="none",
                allow_auto_create_topics=False,
                metrics_enabled=False,
                **self._configs,
            )
            try:
                self._subscribe()
            except BaseException:
                self._consumer.close()
                raise
        return self

    def _subscribe(self) -> None:
        missing = sorted(set(self._topics) - self._consumer.topics())
        if missing:
            msg = f"Kafka at {self._brokers.bootstrap_servers} lacks {', '.join(missing)}, or hides it from you: {_ADVICE}"
            raise TopicsMissingError(msg)
        self._consumer.subscribe(self._topics, listener=Keeper(self._partitions))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self._commit()
        finally:
            self._consumer.close(autocommit=False)

    def __iter__(self) -> Iterator[Record]:
        while True:
            while self._queue:
                raw = self._queue[0]
                partition = self._partitions[_place(raw)]
                record = _read(raw)
                if not partition.seen.has(record):
                    yield record  # a caller who leaves the loop here never returns, and the record stays in the queue
                partition.seen.add(record)
                self._queue.popleft()
                partition.done = raw.offset + 1
                if monotonic() - self._committed_at > COMMIT_SECONDS:
                    self._commit()
            self._commit()
            if not self._fetch():
                return

    def _fetch(self) -> bool:
        """Wait for records; return whether any came before the reader is idle."""
        since = monotonic()
        while not self._queue:
            found = self._poll()
            for place, raws in found.items():
                self._take(place, raws)
            if found:
                since = monotonic()
                continue
            self._commit()  # the end of a transaction takes an offset too, but no record shows it
            if self._idle_seconds is not None and monotonic() - since > self._idle_seconds and self._at_the_end():
                return False
        return True

    def _at_the_end(self) -> bool:
        """Return whether there are partitions here, and everything that is committed in them has been read."""
        try:
            ends = self._consumer.end_offsets(self._consumer.assignment())
            return bool(ends) and all((self._consumer.position(place, _COMMIT_MS) or 0) >= end for place, end in ends.items())
        except (RetriableError, NoOffsetForPartitionError):  # `_poll` handles both
            return False

    def _poll(self) -> Mapping[TopicPartition, Sequence[Any]]:
        wait = _POLL_MS if self._idle_seconds is None else min(_POLL_MS, int(self._idle_seconds * 1_000))
        try:
            found: Mapping[TopicPartition, Sequence[Any]] = self._consumer.poll(timeout_ms=wait)
        except NoOffsetForPartitionError as error:
            self._consumer.seek_to_beginning(*error.args[0])
            return {}
        except (OffsetOutOfRangeError, LogTruncationError) as error:
            msg = f"Kafka has no records at the offset of group {self._group} any more ({error}): {_GONE}"
            raise RecordsGoneError(msg) from error
        return found

    def _take(self, place: TopicPartition, raws: Sequence[Any]) -> None:
        """Queue records; in a newly assigned partition, first look at the records before its start."""
        partition = self._partitions.get(place) or self._begin(place, raws[0].offset)
        if partition is None:
            return
        for raw in raws:
            if raw.offset >= partition.start:
                self._queue.append(raw)
                continue
            with suppress(RecordUnreadableError):  # someone has moved the group past it
                partition.seen.add(_read(raw))

    def _begin(self, place: TopicPartition, first: int) -> Partition | None:
        """Return a partition whose records may be handled now; none if it is to be read from further back, or again."""
        try:
            begin = max(first - self._remember, self._consumer.beginning_offsets([place])[place])
        except RetriableError:
            self._consumer.seek(place, first)
            return None
        partition = self._partitions[place] = Partition(first, self._remember)
        if begin < first:
            self._consumer.seek(place, begin)
            return None
        return partition

    def _commit(self) -> None:
        """Commit the finished records. If partitions were reassigned, leave their queued records to the new readers."""
        self._committed_at = monotonic()
        if not self._queue:
            self._skip_to_position()
        ours = {place: each for place, each in self._partitions.items() if each.done > each.committed}
        if not ours:
            return
        offsets = {place: OffsetAndMetadata(each.done, "", -1) for place, each in ours.items()}
        try:
            self._consumer.commit(offsets, timeout_ms=_COMMIT_MS)
        except (CommitFailedError, RebalanceInProgressError) as error:
            log.warning("partitions were reassigned, so uncommitted records come again: %s", error)
            self._unread()
        except RetriableError as error:
            log.warning("the offsets could not be committed and are retried: %s: %s", type(error).__name__, error)
        else:
            for place, each in ours.items():
                each.committed = offsets[place].offset

    def _skip_to_position(self) -> None:
        """Mark everything that was fetched as done: the ends of transactions, and aborted records."""
        with suppress(NoOffsetForPartitionError):  # from newly assigned partitions, which `_poll` handles
            for place in self._partitions.keys() & self._consumer.assignment():
                self._partitions[place].done = max(self._partitions[place].done, self._consumer.position(place, _COMMIT_MS) or 0)

    def _unread(self) -> None:
        for raw in reversed(self._queue):
            with suppress(KafkaError, ValueError):  # the partition may already be revoked
                self._consumer.seek(_place(raw), raw.offset)
        self._queue.clear()


def _place(raw: Any) -> TopicPartition:
    return TopicPartition(raw.topic, raw.partition)


def _read(raw: Any) -> Record:
    """Return a record of kafka-python's, decoded; raises `RecordUnreadableError`, which names its place."""
    try:
        return record_of(raw.headers, raw.value)
    except RecordUnreadableError as error:
        msg = f"{raw.topic}, partition {raw.partition}, offset {raw.offset}: {error}; {_FOREIGN}"
        raise RecordUnreadableError(msg) from error


_ADVICE = "check the names, run `groupchat topics`, or ask for read permission."
_GONE = (
    "records were deleted before they were read, or the topic was replaced. Read from the beginning in a new group, or move this "
    "one by kafka-consumer-groups.sh --reset-offsets."
)
_FOREIGN = (
    "it is not from groupchat, or from a newer version. It is not skipped automatically. To skip it, move the group with "
    "kafka-consumer-groups.sh --reset-offsets."
)
