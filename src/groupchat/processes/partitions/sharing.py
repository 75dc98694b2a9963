"""One process's share of the partitions. It reads them, passes the records to the views, and tracks how far the log is published.

A partition without new events must advance too, because a view's position is that of its lowest partition. Everything that the
relay has published up to a position lies before the end that each partition has *afterwards*. A partition that was read up to this
end contains all of it. The ends include undecided transactions, because Kafka acknowledges a commit before its markers are in all
partitions.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, wait
from sys import maxsize
from time import monotonic
from typing import Any

import structlog

from groupchat.aggregates.group_events import Created
from groupchat.broker.connection import Brokers
from groupchat.broker.envelope import RecordUnreadableError, recorded_of
from groupchat.broker.topics import RELAY
from groupchat.processes.partitions.consumer import GROUP, Consumer, Fetched, Waits
from groupchat.processes.partitions.topic import NotThereYetError, Topic, UnusableTopicError, position_in
from groupchat.projections import REFILL
from groupchat.projections.partitioned import Batch, NotCoveredError, PartitionedView, ReadRecord
from groupchat.projections.view import View
from groupchat.store.event_store import EventStore
from groupchat.store.parked import parked_in
from groupchat.store.places import NoPlaceError, Place
from groupchat.store.positions import FollowerStatus, PoisonError, record_failure, status_of

LOOK_SECONDS = 1.0
"""The pause between checks of the views if no records come, because a stopped view may continue."""

_ADVICE = f"{REFILL} (docs/kafka.md, Scale out over Kafka)."

log = structlog.get_logger()


class Sharing:
    """Blocks, so use it in one thread. After an error, close it; it can then be used again."""

    def __init__(
        self, store: EventStore, views: Iterable[View], brokers: Brokers, prefix: str, *, waits: Waits, threads: Executor
    ) -> None:
        self._store = store
        self._views = [PartitionedView(store.database, view) for view in views]
        self._brokers = brokers
        self._prefix = prefix
        self._waits = waits
        self._threads = threads
        self._topic: Topic | None = None
        self._consumer: Consumer | None = None
        self._places: dict[str, dict[int, Place]] = {}
        self._ends: dict[int, int] = {}
        self._followed: tuple[str, frozenset[int]] | None = None
        self._published = 0
        self._looked = 0.0
        self._reported = False

    def turn(self, *, rang: bool) -> None:
        """Read new records, or wait briefly for them, and apply them. `rang` means that a follower has moved, perhaps the relay."""
        topic, consumer = self._opened()
        if late := monotonic() > self._looked + LOOK_SECONDS:
            self._looked = monotonic()
            if self._followed not in (None, topic.identity()):
                consumer.forget()
        news = (rang or late) and self._look(topic)
        fetched = consumer.poll(wait=not news)
        if fetched is None:
            if (joining := consumer.joining_seconds()) is None:
                self._take(topic, consumer)
            else:
                self._await(joining)
            return
        batches = list(self._batches(consumer.offsets(), fetched, look=late))
        if batches:
            try:
                self._hand_over(batches)
            except NoPlaceError:
                self._take(topic, consumer)
            else:
                self._realign(consumer)

    def close(self) -> None:
        """Leave the group, and forget its state."""
        topic, consumer, self._topic, self._consumer = self._topic, self._consumer, None, None
        self._places, self._ends, self._followed, self._reported = {}, {}, None, False
        try:
            if consumer is not None:
                consumer.close()
        finally:
            if topic is not None:
                topic.close()

    def _opened(self) -> tuple[Topic, Consumer]:
        if self._topic is None:
            self._topic = Topic(self._brokers, self._prefix)
        if self._consumer is None:
            self._topic.identity()
            self._consumer = Consumer(self._brokers, self._topic.name, self._prefix + GROUP, self._waits)
        return self._topic, self._consumer

    # --- taking partitions

    def _await(self, seconds: float) -> None:
        """Log once that the group takes long to assign partitions."""
        if seconds < self._waits.report or self._reported:
            return
        self._reported = True
        log.warning("partitions_awaited", seconds=round(seconds), group=self._prefix + GROUP)
        self._record("The consumer group is rebalancing. This worker is waiting for its partitions.")

    def _take(self, topic: Topic, consumer: Consumer) -> None:
        """Begin to read the assigned partitions at the views' positions in them."""
        mine = consumer.assigned()
        self._ends, self._looked = {}, 0.0
        name, partitions = self._followed = topic.identity()
        found = {view.name: self._places_of(view, topic, name, partitions) for view in self._views}
        extents = topic.extents(mine)
        for view, places in found.items():
            outside = [each for each in mine if not extents[each].first <= places[each].next_offset <= extents[each].end]
            if outside:
                msg = f"The topic {name} lacks the next events of {view} in its partitions {outside}: {_ADVICE}"
                raise UnusableTopicError(msg)
        self._places = {view: {each: places[each] for each in mine} for view, places in found.items()}
        consumer.begin({each: min(places[each].next_offset for places in found.values()) for each in mine})
        self._reported = False
        self._record(None)

    def _places_of(self, view: PartitionedView, topic: Topic, name: str, partitions: frozenset[int]) -> Mapping[int, Place]:
        if (found := view.places()) is None:
            self._begin(view, topic, name, partitions)
            found = view.places()
        if found is None:
            raise NoPlaceError(view.name)
        if found.topic != name or found.of.keys() != partitions:
            msg = (
                f"The view {view.name} has followed {found.topic} with {len(found.of)} partitions. Now there is {name} with "
                f"{len(partitions)}, whose partitions may have other events: {_ADVICE}"
            )
            raise UnusableTopicError(msg)
        return found.of

    def _begin(self, view: PartitionedView, topic: Topic, name: str, partitions: frozenset[int]) -> None:
        published = self._relayed().position
        first = self._store.log.first_position(Created.TOPIC) or maxsize
        try:
            view.begin(name, topic.starts(partitions, published=published, first=first))
        except NotCoveredError as error:
            msg = f"The topic {name} is incomplete: {error}. {_ADVICE}"
            raise NotThereYetError(msg) from error

    def _record(self, what: str | None) -> None:
        with self._store.database.write(durable=False) as connection:
            for name in sorted(view.name for view in self._views):
                record_failure(connection, name, what)

    # --- what was read

    def _look(self, topic: Topic) -> bool:
        """Ask how far the log is published; return whether that has advanced."""
        mine = sorted({partition for places in self._places.values() for partition in places})
        relay = self._relayed()
        if mine and (relay.position > self._published or not self._ends):
            self._ends = topic.ends(mine)
            self._published = relay.position
            if relay.parked:
                self._refuse_gaps(relay.position)
            return True
        return False

    def _refuse_gaps(self, published: int) -> None:
        """Raise `UnusableTopicError` if the relay has skipped parked events that a view does not have yet."""
        floor = min((place.position for places in self._places.values() for place in places.values()), default=published)
        if left_out := parked_in(self._store.database, RELAY, above=floor, upto=published):
            msg = f"The relay has skipped the event at position {min(left_out)}, which was parked for it: {_ADVICE}"
            raise UnusableTopicError(msg)

    def _relayed(self) -> FollowerStatus:
        """Return how far the log is published."""
        with self._store.database.statement() as connection:
            return status_of(connection, RELAY)

    def _batches(self, offsets: Mapping[int, int], fetched: Sequence[Fetched], *, look: bool) -> Iterator[Batch]:
        """Yield the records that were read, and empty batches for partitions that only advance."""
        read = {each.partition: each for each in fetched}
        for partition, offset in offsets.items():
            found = read.get(partition) or Fetched(partition, offset, offset, ())
            floor = min((places[partition].position for places in self._places.values() if partition in places), default=maxsize)
            reached = self._published if found.end >= self._ends.get(partition, maxsize) else 0
            if look or partition in read or reached > floor:
                records = tuple(_read(found.records, floor))
                yield Batch(partition=partition, start=found.start, end=found.end, records=records, reached=reached, above=floor)

    def _hand_over(self, batches: Sequence[Batch]) -> None:
        """Let all views apply batches at the same time, because they mostly wait for the database."""
        handled = [self._threads.submit(view.handle, batches) for view in self._views]
        wait(handled)
        for view, places in zip(self._views, handled, strict=True):
            found = places.result()
            if found is None:
                self._places.pop(view.name, None)
            else:
                self._places[view.name] = self._places.get(view.name, {}) | found
        self._store.signals.moved()

    def _realign(self, consumer: Consumer) -> None:
        """Continue at the lowest position of a view that is not stopped: one may have been away, or another process here."""
        for partition, offset in consumer.offsets().items():
            wanted = min((places[partition].next_offset for places in self._places.values() if partition in places), default=offset)
            if wanted != offset:
                consumer.begin({partition: wanted})


def _read(records: Iterable[Any], floor: int) -> Iterator[ReadRecord]:
    for record in records:
        position = position_in(record.headers)
        if position > floor:
            try:
                yield ReadRecord(record.offset, recorded_of(record.headers, record.value))
            except RecordUnreadableError as error:
                yield ReadRecord(
                    record.offset, PoisonError(position, f"partition {record.partition}, offset {record.offset}: {error}")
                )
