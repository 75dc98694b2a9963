"""Handles the events that a process has put off, when they are due.

It runs next to the process's follower, under the same lease. An event that can't be handled stops that follower, as if the follower
itself had failed on it: `groupchat retry` and `groupchat park` let both continue.
"""

import asyncio
from collections.abc import Mapping

import structlog
from sqlalchemy.exc import SQLAlchemyError

from groupchat.processes.process import End, Process
from groupchat.store import put_off
from groupchat.store.database import is_passing
from groupchat.store.event_store import EventStore
from groupchat.store.follower import Follower
from groupchat.store.lease import Lease
from groupchat.store.mapper import UnreadableEventError
from groupchat.store.parked import parked_in
from groupchat.store.positions import PoisonError
from groupchat.store.put_off import PutOff
from groupchat.values.errors import first_line
from groupchat.values.event import Recorded
from groupchat.values.waiting import first_set

BATCH = 500
LOOK_SECONDS = 1.0
"""The longest pause while something is put off, or while the follower is stopped."""
IDLE_SECONDS = 30.0
"""The pause while nothing is: what this process puts off wakes it, and nobody else may put off anything while it has the lease."""
_SHORTEST_PAUSE = 0.01

log = structlog.get_logger()


class Later:
    """The put-off events of one process."""

    def __init__(self, store: EventStore, process: Process, follower: Follower) -> None:
        self._store = store
        self._database = store.database
        self._process = process
        self._follower = follower
        self._name = process.name

    async def follow(self, lease: Lease, stop: asyncio.Event) -> None:
        """Handle due events until the lease is lost or `stop` is set."""
        while not stop.is_set() and await lease.still_held():
            self._process.put_off.clear()
            pause = await self._step_or_pause()
            await first_set(stop, self._process.put_off, seconds=pause)

    async def _step_or_pause(self) -> float:
        try:
            return await self.step()
        except PoisonError as poison:
            await self._follower.stop(poison)
        except SQLAlchemyError as error:
            if not is_passing(error):
                raise
            self._log_retry(error)
        return LOOK_SECONDS

    async def step(self) -> float:
        """Handle due events, at most one of each key; return the seconds until the next check."""
        found = await asyncio.to_thread(self._due)
        ends = await self._process.react({key: [recorded] for key, (_, recorded) in found.items() if recorded is not None})
        if found:
            await asyncio.to_thread(self._store_ends, found, ends)
        errors = [end.error for end in ends.values() if end.error is not None]
        for error in errors:
            if isinstance(error, PoisonError):
                await self._follower.stop(error)
            else:
                self._log_retry(error)
        return LOOK_SECONDS if errors else await asyncio.to_thread(self._pause)

    def _log_retry(self, error: Exception) -> None:
        log.warning("follower_retries", follower=self._name, error=first_line(error))

    def _due(self) -> dict[str, tuple[PutOff, Recorded | None]]:
        """Return the due events by key, with no event if it was parked. Nothing while the follower is stopped."""
        if self._follower.status().stopped_at is not None:
            return {}
        with self._database.read() as connection:
            due = put_off.due(connection, self._name, self._store.now(), BATCH)
        return {event.key: (event, self._event(event.position)) for event in due}

    def _event(self, position: int) -> Recorded | None:
        if parked_in(self._database, self._name, above=position - 1, upto=position):
            return None
        try:
            return self._store.log.read(position - 1, 1).events[0]
        except UnreadableEventError as error:
            raise PoisonError(position, str(error)) from error

    def _store_ends(self, found: Mapping[str, tuple[PutOff, Recorded | None]], ends: Mapping[str, End]) -> None:
        with self._database.write(durable=False) as connection:
            done = [event.position for key, (event, _) in found.items() if key not in ends or not ends[key].left]
            put_off.forget(connection, self._name, done)
            for key, end in ends.items():
                if end.due is not None:
                    put_off.again(connection, self._name, PutOff(found[key][0].position, key, end.due))

    def _pause(self) -> float:
        if self._follower.status().stopped_at is not None:
            return LOOK_SECONDS
        with self._database.read() as connection:
            due = put_off.next_due(connection, self._name)
        if due is None:
            return IDLE_SECONDS
        return min(max((due - self._store.now()).total_seconds(), _SHORTEST_PAUSE), LOOK_SECONDS)
