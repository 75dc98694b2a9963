"""The worker `projections`: runs a share of the partitions until it is stopped.

- It shares the leases of its views' followers with the other workers of the partitions. Followers of the log wait.
- The log and `groupchat status` report errors that may pass (unreachable brokers, a missing topic, a wrong password, the database).
  The worker retries with growing pauses.
- A topic that the views can't follow stops them, like an event that can't be applied. `groupchat retry` tries again.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from functools import partial
from typing import TypeVar

import structlog
from kafka.errors import KafkaError
from sqlalchemy.exc import SQLAlchemyError

from groupchat.broker.connection import Brokers
from groupchat.broker.opening import BrokerUnavailableError, explained
from groupchat.broker.topics import PROJECTIONS
from groupchat.processes.partitions.consumer import WAITS, Waits
from groupchat.processes.partitions.sharing import LOOK_SECONDS, Sharing
from groupchat.processes.partitions.topic import MissingTopicError, NotThereYetError, UnusableTopicError
from groupchat.projections.view import View
from groupchat.store.database import is_passing
from groupchat.store.event_store import EventStore
from groupchat.store.lease import Lease
from groupchat.store.places import NoPlaceError
from groupchat.store.positions import PoisonError, record_failure, status_of, stop_at
from groupchat.values.errors import described, first_line
from groupchat.values.waiting import Pauses, first_set

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0

T = TypeVar("T")
log = structlog.get_logger()


class PartitionWorker:
    """Lets views follow Kafka, in one of any number of processes."""

    name = PROJECTIONS

    def __init__(self, store: EventStore, views: Sequence[View], brokers: Brokers, prefix: str, waits: Waits = WAITS) -> None:
        self._store = store
        self._database = store.database
        self._views = views
        self._brokers = brokers
        self._threads = ThreadPoolExecutor(len(views), thread_name_prefix="views")
        self._sharing = Sharing(store, views, brokers, prefix, waits=waits, threads=self._threads)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=PROJECTIONS)

    async def run(self, stop: asyncio.Event) -> None:
        """Follow until `stop` is set."""
        with self._store.signals.progress.listen() as bell, self._thread, self._threads:
            while not stop.is_set():
                async with AsyncExitStack() as stack:
                    leases = [
                        await stack.enter_async_context(Lease(self._database, view.name, stop, shared=True)) for view in self._views
                    ]
                    try:
                        await self._follow(leases, bell, stop)
                    finally:
                        await self._do(self._close)
                        await self._do(partial(self._record, None))

    async def _follow(self, leases: Sequence[Lease], bell: asyncio.Event, stop: asyncio.Event) -> None:
        pauses = Pauses(_FIRST_PAUSE, _LONGEST_PAUSE)
        while not stop.is_set() and all([await lease.still_held() for lease in leases]):
            rang = bell.is_set()
            bell.clear()
            try:
                await self._take_turn(stop, rang=rang)
            except Exception as error:
                if not _may_pass(error):
                    raise
                await self._do(partial(self._report, error))
                await first_set(stop, seconds=pauses.next())
            else:
                pauses.reset()

    async def _take_turn(self, stop: asyncio.Event, *, rang: bool) -> None:
        try:
            await self._do(partial(self._turn, rang=rang))
        except UnusableTopicError as error:
            await self._do(partial(self._stop_all, str(error)))
            await self._retried(stop)

    def _turn(self, *, rang: bool) -> None:
        try:
            with explained(self._brokers):
                self._sharing.turn(rang=rang)
        except BaseException:
            self._close()
            raise

    def _close(self) -> None:
        try:
            self._sharing.close()
        except (KafkaError, OSError) as error:
            log.warning("kafka_close_failed", error=described(error))

    def _report(self, error: Exception) -> None:
        """Report the error that keeps the views from working."""
        expected = isinstance(error, BrokerUnavailableError | MissingTopicError | NotThereYetError)
        reason = first_line(error) if expected else described(error)
        log.warning("partitions_retry", error=reason)
        self._record(reason)

    def _record(self, reason: str | None) -> None:
        """Store the error that keeps the views from working, or clear it."""
        try:
            with self._database.write(durable=False) as connection:
                for view in sorted(self._views, key=lambda view: view.name):
                    record_failure(connection, view.name, reason)
        except SQLAlchemyError as unstored:
            log.warning("partitions_status_lost", error=first_line(unstored))

    def _stop_all(self, reason: str) -> None:
        for view in self._views:
            stop_at(self._database, view.name, PoisonError(0, reason))

    async def _retried(self, stop: asyncio.Event) -> None:
        """Wait until an operator lets one of the views continue."""
        while not stop.is_set() and await self._do(self._all_stopped):
            await first_set(stop, seconds=LOOK_SECONDS)

    def _all_stopped(self) -> bool:
        with self._database.read() as connection:
            return all(status_of(connection, view.name).stopped_at is not None for view in self._views)

    async def _do(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)


def _may_pass(error: Exception) -> bool:
    return isinstance(error, BrokerUnavailableError | MissingTopicError | NoPlaceError | NotThereYetError) or is_passing(error)
