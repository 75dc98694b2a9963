"""From the log to the publisher, batch by batch. All of it blocks, so it runs in the relay's own threads."""

from collections.abc import Container
from concurrent.futures import Executor, Future
from typing import Literal

import structlog
from kafka.errors import KafkaError
from msgspec import Struct
from sqlalchemy.exc import SQLAlchemyError

from groupchat.broker.envelope import KafkaRecord
from groupchat.broker.opening import BrokerUnavailableError
from groupchat.broker.topics import RELAY
from groupchat.processes.relay.progress import MissingTopicsError, RelayProgress
from groupchat.processes.relay.publisher import Publisher, RecordTooLargeError
from groupchat.processes.relay.records import records_of
from groupchat.processes.relay.starting import check, progress_at
from groupchat.projections import REFILL
from groupchat.store.event_store import EventStore
from groupchat.store.mapper import UnreadableEventError
from groupchat.store.parked import parked
from groupchat.store.places import views_beyond
from groupchat.store.positions import FollowerStatus, PoisonError, move, record_failure, stand_at, status_of, stop_at
from groupchat.tracing import publishing
from groupchat.values.errors import described, first_line
from groupchat.values.event import Recorded

BATCH = 2_000
"""The maximum number of events in a transaction."""

Found = Literal["more", "end", "stopped"]
"""There is more to publish, the end of the log is reached, or the relay is stopped by an event or an impossible position."""

log = structlog.get_logger()


class _RelayBatch(Struct, frozen=True):
    """Records, the event of each, and the relay's position after them."""

    records: list[KafkaRecord]
    events: list[Recorded]
    progress: RelayProgress
    at_end: bool
    """Whether the log ended with it when it was read."""


class Forwarder:
    """Publishes batch after batch. `start` replaces the position in Kafka as the starting point, once and on purpose."""

    def __init__(
        self,
        name: str,
        store: EventStore,
        publisher: Publisher,
        threads: Executor,
        start: int | None,
        public_url: str | None,
        batch: int,
    ) -> None:
        self._name = name
        self._store = store
        self._database = store.database
        self._publisher = publisher
        self._threads = threads
        self._start = start
        self._public_url = public_url
        self._batch = batch
        self._limit = batch
        """The maximum of the next transaction: less than a batch while a record that is too large is looked for."""
        self._standing: int | None = None
        self._parked: Container[int] = ()
        """The parked events above the position at which this relay began: only an event at which it stops can be parked."""
        self._ahead: Future[_RelayBatch | None] | None = None

    def step(self) -> Found:
        """Publish the next batch. Any exception may pass; call `drop` after it."""
        try:
            if self._standing is None or not self._publisher.certain:
                status = self.status()
                if self._is_stopped(status):
                    return "stopped"
                self._standing = self._begin(status)
            batch = self._ahead.result() if self._ahead is not None else self._read(self._standing)
            self._ahead = None
            if batch is None:
                return "end"
            return self._publish(batch)
        except PoisonError as poison:
            self.drop()
            stop_at(self._database, self._name, poison)
            self._store.signals.moved()
            return "stopped"

    def stopped(self) -> bool:
        """Return whether the relay is stopped by an event or an impossible position."""
        return self._is_stopped(self.status())

    def status(self) -> FollowerStatus:
        """Return the relay's stored position in the database."""
        with self._database.statement() as connection:
            return status_of(connection, self._name)

    def drop(self) -> None:
        """Close the producer in any state, and forget everything about the outcome."""
        self._standing = self._ahead = None
        self._publisher.close()

    def report(self, error: Exception) -> None:
        """Report the error that keeps the relay from working, in the log and in `groupchat status`."""
        expected = isinstance(error, BrokerUnavailableError | MissingTopicsError | KafkaError | SQLAlchemyError)
        reason = first_line(error) if expected else described(error)
        if "ProducerFenced" in reason or "InvalidProducerEpoch" in reason:
            reason = f"another relay has taken over, so this one does not publish its open transaction ({reason})"
        log.warning("relay_retries", relay=self._name, error=reason, exc_info=None if expected else error)
        try:
            with self._database.write(durable=False) as connection:
                record_failure(connection, self._name, reason)
        except SQLAlchemyError as unstored:
            log.warning("relay_status_lost", relay=self._name, error=first_line(unstored))

    def _is_stopped(self, status: FollowerStatus) -> bool:
        return status.stopped_at is not None and self._start is None

    def _begin(self, status: FollowerStatus) -> int:
        """Fence earlier relays, and return the starting position, which is then also in the database."""
        self._ahead = None
        progress = self._publisher.open()
        if self._start is not None:
            progress = progress_at(self._store, self._start)
            self._publisher.publish([], progress)
            self._start = None
        else:
            check(progress, status.position, self._store, self._publisher.prefix)
            if progress is not None and progress.position < status.position:
                log.warning("relay_goes_back", relay=self._name, position=progress.position, known=status.position)
                self._stop_views_above(progress.position)
        standing = progress.position if progress is not None else 0
        with self._database.write(durable=False) as connection:
            stand_at(connection, self._name, standing)
            self._parked = parked(connection, self._name, above=standing)
        log.info("relay_begins", relay=self._name, position=standing)
        return standing

    def _stop_views_above(self, position: int) -> None:
        """Stop views that followed Kafka beyond its present position: they would mistake newly published events for known ones."""
        with self._database.read() as connection:
            views = views_beyond(connection, position)
        for view in views if self._name == RELAY else ():
            stop_at(
                self._database,
                view,
                PoisonError(0, f"Kafka has lost the events after position {position}: {REFILL}."),
            )

    def _publish(self, batch: _RelayBatch) -> Found:
        position = batch.progress.position
        if not batch.at_end:  # read ahead while Kafka works
            self._ahead = self._threads.submit(self._read, position)
        try:
            with publishing(self._name, [each.cause.correlation_id for each in batch.events]):
                self._publisher.publish(batch.records, batch.progress)
        except RecordTooLargeError as error:
            self.drop()
            self._narrow(batch, error)
            return "more"
        self._standing, self._limit = position, min(self._limit * 2, self._batch)
        with self._database.write(durable=False) as connection:
            move(connection, {self._name: position})
        self._store.signals.moved({self._name: position})
        return "end" if batch.at_end else "more"

    def _narrow(self, batch: _RelayBatch, error: RecordTooLargeError) -> None:
        """Look for the record that is too large, in smaller transactions; raises `PoisonError` if only one event can have it.

        So the events before it are published first, and no other event is taken for it.
        """
        concerned = {each.position: each for each in batch.events}
        if len(concerned) > 1:
            self._limit = len(concerned) // 2
        elif concerned:
            raise _too_large(batch.events[0], error) from error
        else:
            raise error

    def _read(self, above: int) -> _RelayBatch | None:
        """Return the next batch to publish, none at the log's end; raises `PoisonError` if it can't be published."""
        try:
            piece = self._store.log.read(above, self._limit)
        except UnreadableEventError as error:
            if error.position not in self._parked:
                raise PoisonError(error.position, str(error)) from error
            return _RelayBatch([], [], progress_at(self._store, error.position), at_end=False)
        found = piece.events
        if not found:
            return None
        records: list[KafkaRecord] = []
        events: list[Recorded] = []
        done = 0
        for recorded in found:
            try:
                new = [] if recorded.position in self._parked else self._records(recorded)
            except PoisonError:
                if not done:
                    raise
                break
            records += new
            events += [recorded] * len(new)
            done += 1
        return _RelayBatch(records, events, RelayProgress.behind(found[done - 1]), at_end=piece.at_end and done == len(found))

    def _records(self, recorded: Recorded) -> list[KafkaRecord]:
        try:
            return list(records_of(recorded, self._public_url))
        except Exception as error:
            raise PoisonError(recorded.position, described(error), recorded.cause.correlation_id) from error


def _too_large(recorded: Recorded, error: RecordTooLargeError) -> PoisonError:
    reason = (
        f"{recorded.id} ({recorded.type}) makes a record that is larger than its topic allows ({error}). Raise the topic's "
        "max.message.bytes, then run `groupchat retry` for this relay."
    )
    return PoisonError(recorded.position, reason, recorded.cause.correlation_id)
