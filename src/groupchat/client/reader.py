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
"""How often it is committed how far one is while there is always more to read; at the end of what there is, at once."""
_COMMIT_MS = 5_000
_POLL_MS = 500

log = logging.getLogger(__name__)


class TopicsMissingError(Exception):
    """Topics are not there; the message names them."""


class RecordsGoneError(Exception):
    """Where the group stands there is nothing any more; the message says where, and what to do."""


class Reader:
    """Reads topics as a member of a consumer group; several readers of one group share the partitions.

    Iterate over it in a `with` block. A record is done when the loop asks for the next one, and only what is done is committed:
    what a process was at when it ended, however it ended, comes again. So does the record at which a loop is left, by `break` too.

    What stands in a partition twice within `remember` records comes once, also over restarts: a reader that gets a partition looks
    back so far before it begins. `instance` names this process within the group, for good; with a name, one that is started again
    has its partitions back at once, without one after `session_seconds`. With `idle_seconds` the loop ends when all is read
    and nothing came for so long.

    Raises `BrokerUnavailableError` and `TopicsMissingError` when the block begins; in the loop `RecordUnreadableError`,
    `RecordsGoneError`, and what kafka-python raises for what can't pass by itself. A broker that is away is waited for.
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
            msg = f"Kafka at {self._brokers.bootstrap_servers} lacks {', '.join(missing)}, or keeps it from you: {_ADVICE}"
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
                    yield record  # who leaves the loop here never comes back, and the record stays in the queue
                partition.seen.add(record)
                self._queue.popleft()
                partition.done = raw.offset + 1
                if monotonic() - self._committed_at > COMMIT_SECONDS:
                    self._commit()
            self._commit()
            if not self._fetch():
                return

    def _fetch(self) -> bool:
        """Wait for records; return whether there are any before the reader is idle."""
        since = monotonic()
        while not self._queue:
            found = self._poll()
            for place, raws in found.items():
                self._take(place, raws)
            if found:
                since = monotonic()
                continue
            self._commit()  # a transaction's end takes an offset too, but no record shows it
            if self._idle_seconds is not None and monotonic() - since > self._idle_seconds and self._at_the_end():
                return False
        return True

    def _at_the_end(self) -> bool:
        """Tell whether there are partitions here, and all that is committed in them has been read."""
        try:
            ends = self._consumer.end_offsets(self._consumer.assignment())
            return bool(ends) and all((self._consumer.position(place, _COMMIT_MS) or 0) >= end for place, end in ends.items())
        except (RetriableError, NoOffsetForPartitionError):  # nobody answers, or partitions have just come: `_poll` sees to both
            return False

    def _poll(self) -> Mapping[TopicPartition, Sequence[Any]]:
        wait = _POLL_MS if self._idle_seconds is None else min(_POLL_MS, int(self._idle_seconds * 1_000))
        try:
            found: Mapping[TopicPartition, Sequence[Any]] = self._consumer.poll(timeout_ms=wait)
        except NoOffsetForPartitionError as error:
            self._consumer.seek_to_beginning(*error.args[0])
            return {}
        except (OffsetOutOfRangeError, LogTruncationError) as error:
            msg = f"group {self._group} stands where Kafka has nothing any more ({error}): {_GONE}"
            raise RecordsGoneError(msg) from error
        return found

    def _take(self, place: TopicPartition, raws: Sequence[Any]) -> None:
        """Queue what is to do; of a partition that is new here, look first at what stands before it."""
        partition = self._partitions.get(place) or self._begin(place, raws[0].offset)
        if partition is None:
            return
        for raw in raws:
            if raw.offset >= partition.start:
                self._queue.append(raw)
                continue
            with suppress(RecordUnreadableError):  # somebody has moved the group past it
                partition.seen.add(_read(raw))

    def _begin(self, place: TopicPartition, first: int) -> Partition | None:
        """Return a partition whose records may be taken now; none if it is to be read from further back, or again."""
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
        """Commit what is done. If partitions have been taken over, what is queued is left to whose they are."""
        self._committed_at = monotonic()
        if not self._queue:
            self._skip_what_is_no_record()
        ours = {place: each for place, each in self._partitions.items() if each.done > each.committed}
        if not ours:
            return
        offsets = {place: OffsetAndMetadata(each.done, "", -1) for place, each in ours.items()}
        try:
            self._consumer.commit(offsets, timeout_ms=_COMMIT_MS)
        except (CommitFailedError, RebalanceInProgressError) as error:
            log.warning("partitions are taken over, what is not committed comes again: %s", error)
            self._unread()
        except RetriableError as error:
            log.warning("how far one is could not be committed, and is tried again: %s: %s", type(error).__name__, error)
        else:
            for place, each in ours.items():
                each.committed = offsets[place].offset

    def _skip_what_is_no_record(self) -> None:
        """Take all that was fetched as done: transactions' ends, and what was aborted."""
        with suppress(NoOffsetForPartitionError):  # of partitions that have just come: `_poll` sees to them
            for place in self._partitions.keys() & self._consumer.assignment():
                self._partitions[place].done = max(self._partitions[place].done, self._consumer.position(place, _COMMIT_MS) or 0)

    def _unread(self) -> None:
        for raw in reversed(self._queue):
            with suppress(KafkaError, ValueError):  # the partition may be gone already
                self._consumer.seek(_place(raw), raw.offset)
        self._queue.clear()


def _place(raw: Any) -> TopicPartition:
    return TopicPartition(raw.topic, raw.partition)


def _read(raw: Any) -> Record:
    """Return a record of kafka-python's, decoded; raises `RecordUnreadableError`, which says where it stands."""
    try:
        return record_of(raw.headers, raw.value)
    except RecordUnreadableError as error:
        msg = f"{raw.topic}, partition {raw.partition}, offset {raw.offset}: {error}; {_FOREIGN}"
        raise RecordUnreadableError(msg) from error


_ADVICE = "look at the names, run `groupchat topics`, or ask for the right to read."
_GONE = (
    "records were deleted before they were read, or the topic is another one. Read from the beginning in a new group, or move this "
    "one by kafka-consumer-groups.sh --reset-offsets."
)
_FOREIGN = (
    "it is not groupchat's, or of a newer version. It is not passed over: if it is to be, move the group by "
    "kafka-consumer-groups.sh --reset-offsets."
)
