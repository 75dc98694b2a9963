"""Views that follow a topic's partitions instead of the log. Rows and the partition's position are stored in one transaction.

The records of a partition are in the log's order, a conversation's are all in one partition, and records that the relay publishes
again have positions that occurred before. So a partition's place is two numbers: the next offset, before which everything is read,
and a position of the log, up to which everything that belongs to the partition is applied.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from msgspec import Struct

from groupchat.projections.view import View
from groupchat.store.database import Database, is_passing
from groupchat.store.parked import parked
from groupchat.store.places import NoPlaceError, Place, Places, lock_places, places, store_places
from groupchat.store.positions import PoisonError, lock, status_of, stop_at
from groupchat.values.errors import described
from groupchat.values.event import Recorded


class ReadRecord(Struct, frozen=True):
    """A record as it was read: its event, or the reason why it can't be read."""

    offset: int
    event: Recorded | PoisonError


class Batch(Struct, frozen=True, kw_only=True):
    """The records of a partition from the offset `start` to before `end`.

    All events of the log up to the position `reached` that belong to the partition are before `end`. The batch has only events
    above the position `above`.
    """

    partition: int
    start: int
    end: int
    records: Sequence[ReadRecord] = ()
    reached: int = 0
    above: int = 0


class PartitionedView:
    """Applies batches of partitions to a view. Several processes may apply the same batch, or an outdated one."""

    def __init__(self, database: Database, view: View) -> None:
        self.name = view.name
        self._database = database
        self._view = view

    def places(self) -> Places | None:
        """Return the topic that the view follows, with its place in every partition; none if it follows the log."""
        with self._database.read() as connection:
            return places(connection, self.name)

    def begin(self, topic: str, starts: Mapping[int, Place]) -> None:
        """Follow a topic from now on. A place's position is the one that the view must have reached to begin at its offset.

        Raises `NotCoveredError` if it has not. Does nothing if the view already follows the topic.
        """
        with self._database.write() as connection:
            standing = lock(connection, self.name).position
            needed = max((place.position for place in starts.values()), default=0)
            if standing < needed:
                raise NotCoveredError(self.name, standing, needed)
            if places(connection, self.name) is None:
                begun = {each: Place(place.next_offset, standing) for each, place in starts.items()}
                store_places(connection, self.name, Places(topic, begun))

    def handle(self, batches: Sequence[Batch]) -> dict[int, Place] | None:
        """Apply the new records of the batches; return the view's places in their partitions, none if it is stopped.

        A batch that does not continue at the view's place is ignored. An event that can't be applied stops the view as it would on
        the log. Raises `NoPlaceError`, or the driver's error for a failure that may pass.
        """
        try:
            return self._apply(batches)
        except Exception as error:
            if isinstance(error, NoPlaceError) or is_passing(error):
                raise
        return self._apply_one_by_one(batches)

    def _apply_one_by_one(self, batches: Sequence[Batch]) -> dict[int, Place] | None:
        with self._database.read() as connection:
            standing = status_of(connection, self.name).position
        places: dict[int, Place] = {}
        for piece in (piece for batch in batches for piece in _pieces(batch)):
            try:
                found = self._apply([piece])
            except PoisonError as poison:
                stop_at(self._database, self.name, poison, standing)
                return None
            except Exception as error:
                event = piece.records[0].event if piece.records else None
                if isinstance(error, NoPlaceError) or is_passing(error) or not isinstance(event, Recorded):
                    raise
                stopping = PoisonError(event.position, described(error), event.cause.correlation_id)
                stop_at(self._database, self.name, stopping, standing)
                return None
            if found is None:
                return None
            places |= found
        return places

    def _apply(self, batches: Sequence[Batch]) -> dict[int, Place] | None:
        with self._database.write(durable=False) as connection:
            before = lock_places(connection, self.name, [batch.partition for batch in batches])
            status = status_of(connection, self.name)
            if status.stopped_at is not None:
                return None
            moved: dict[int, Place] = {}
            fresh: list[Recorded | PoisonError] = []
            for batch in batches:
                place = before.of[batch.partition]
                if batch.start <= place.next_offset and batch.above <= place.position:
                    new = list(_above(batch, place))
                    fresh += new
                    position = max(place.position, batch.reached, *(event.position for event in new))
                    moved[batch.partition] = Place(max(place.next_offset, batch.end), position)
            aside = parked(connection, self.name) if status.parked else {}
            self._view.apply(connection, _readable([event for event in fresh if event.position not in aside]))
            changed = {each: place for each, place in moved.items() if place != before.of[each]}
            store_places(connection, self.name, Places(before.topic, changed))
        return before.of | moved


class NotCoveredError(Exception):
    """A topic lacks events that the view lacks too."""

    def __init__(self, view: str, standing: int, needed: int) -> None:
        super().__init__(f"the view {view} is at position {standing}, but the topic lacks events up to position {needed}")
        self.standing = standing
        self.needed = needed


def _readable(events: Sequence[Recorded | PoisonError]) -> list[Recorded]:
    for event in events:
        if isinstance(event, PoisonError):
            raise event
    return [event for event in events if isinstance(event, Recorded)]


def _above(batch: Batch, place: Place) -> Iterator[Recorded | PoisonError]:
    """Yield the events that the view does not have yet; records that were published again have a position from before."""
    position = place.position
    for read in batch.records:
        if read.offset >= place.next_offset and read.event.position > position:
            position = read.event.position
            yield read.event


def _pieces(batch: Batch) -> Iterator[Batch]:
    """Yield a batch record by record, and finally its end."""
    bounds = [batch.start, *(read.offset + 1 for read in batch.records)]
    for (start, end), read in zip(pairwise(bounds), batch.records, strict=True):
        yield Batch(partition=batch.partition, start=start, end=end, records=(read,), above=batch.above)
    yield Batch(partition=batch.partition, start=bounds[-1], end=batch.end, reached=batch.reached, above=batch.above)
