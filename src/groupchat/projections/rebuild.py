"""Rebuilding: views are emptied and filled again from the log's beginning (R33).

A rebuild can run next to live workers and can be killed at any point: each batch locks the view's position while it is applied, and
the view's follower continues from there. Several views are rebuilt in one pass over the log. A view that follows Kafka loses its
positions in the partitions. Its workers look for them again, from the position of the rebuilt view.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from groupchat.projections.view import Projection, View
from groupchat.store.database import Database, is_passing
from groupchat.store.event_store import EventStore
from groupchat.store.follower import Follower
from groupchat.store.log import Log
from groupchat.store.places import forget_places
from groupchat.store.positions import FollowerStatus, PoisonError, lock, reset_to, statuses
from groupchat.values.errors import ExpectedError
from groupchat.values.event import Recorded
from groupchat.values.progress import OnProgress

BATCH = 5_000
TRIES = 5
_FIRST_PAUSE = 0.2

T = TypeVar("T")


class RebuildStoppedError(ExpectedError):
    """Some views met an event that they can't apply and stopped before it. The others are rebuilt."""

    def __init__(self, stopped: Sequence[FollowerStatus]) -> None:
        where = "; ".join(f"{status.name} stopped at position {status.stopped_at}: {status.error}" for status in stopped)
        super().__init__(f"{where}. `groupchat retry NAME` tries again, `groupchat park NAME` sets the event aside.")
        self.stopped = tuple(stopped)


async def rebuild(store: EventStore, views: Sequence[View], on_progress: OnProgress, *, batch: int = BATCH) -> None:
    """Empty the views and fill them up to the log's present end, `batch` events at a time; parked events are tried again.

    On Postgres, the views apply a batch concurrently, because Python waits for the server half of the time.
    Raises `RebuildStoppedError` if views met a poison event, the driver's error if the database fails repeatedly.
    """
    await asyncio.to_thread(_reset, store.database, views)
    head = await asyncio.to_thread(store.log.head)
    projections = [Projection(store.database, view) for view in views]
    pieces = _ReadingAhead(store.log, head, batch)
    while True:
        standing = await asyncio.to_thread(statuses, store.database)
        going = [projection for projection in projections if standing[projection.name].stopped_at is None]
        done = min((standing[projection.name].position for projection in going), default=head)
        on_progress(min(done, head), head)
        if done >= head:
            break
        events = await pieces.above(done)
        await asyncio.gather(*(_feed(store, projection, events) for projection in going))
        store.signals.moved()
    _refuse_stopped(standing, projections)


class _ReadingAhead:
    """Reads the log up to its end in pieces, the next one while the last one is applied."""

    def __init__(self, log: Log, end: int, batch: int) -> None:
        self._log, self._end, self._batch = log, end, batch
        self._ahead: dict[int, asyncio.Task[Sequence[Recorded]]] = {}

    async def above(self, position: int) -> Sequence[Recorded]:
        """Return the next events above a position; raises `UnreadableEventError` if the first can't be read."""
        events = await (self._ahead.pop(position, None) or self._read(position))
        self._ahead = {last: self._read(last)} if (last := events[-1].position) < self._end else {}
        return events

    def _read(self, position: int) -> "asyncio.Task[Sequence[Recorded]]":
        limit = min(self._batch, self._end - position)
        return asyncio.create_task(asyncio.to_thread(lambda: self._log.read(position, limit).events))


def _refuse_stopped(standing: Mapping[str, FollowerStatus], projections: Sequence[Projection]) -> None:
    stopped = [status for projection in projections if (status := standing[projection.name]).stopped_at is not None]
    if stopped:
        raise RebuildStoppedError(stopped)


async def _feed(store: EventStore, projection: Projection, batch: Sequence[Recorded]) -> None:
    """Apply a batch; a poison event stops the view, as it would stop its follower."""

    async def fed() -> None:
        try:
            await projection.handle(batch, batch[-1].position)
        except PoisonError:
            await Follower(store, projection).step()

    await persistently(fed)


async def persistently(work: Callable[[], Awaitable[T]]) -> T:
    """Do work, and repeat it after a failure that passes; raises the last such failure, and any other immediately."""
    for attempt in range(1, TRIES):
        try:
            return await work()
        except Exception as error:
            if not is_passing(error):
                raise
        await asyncio.sleep(_FIRST_PAUSE * attempt)
    return await work()


def _reset(database: Database, views: Sequence[View]) -> None:
    with database.write(patient=True) as connection:
        for view in sorted(views, key=lambda view: view.name):
            lock(connection, view.name)  # waits for a worker's batch
            view.clear(connection)
            forget_places(connection, view.name)
            reset_to(connection, view.name, 0)
