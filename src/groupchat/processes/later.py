"""Handles the events that a process has put off, when they are due, and notes what its background reactions have done.

It runs next to the process's follower, under the same lease. An event that can't be handled stops that follower, as if the follower
itself had failed on it: `groupchat retry` and `groupchat park` let both continue.
"""

import asyncio
from collections.abc import Mapping, Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError

from groupchat.processes.background import again_at
from groupchat.processes.ends import End, Reacted
from groupchat.processes.process import Process
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
        self._background = process.background
        self._follower = follower
        self._name = process.name

    async def follow(self, lease: Lease, stop: asyncio.Event) -> None:
        """Handle due events until the lease is lost or `stop` is set."""
        while not stop.is_set() and await lease.still_held():
            self._process.put_off.clear()
            pause = await self._step_or_pause()
            await first_set(stop, self._process.put_off, seconds=pause)

    async def finish(self) -> None:
        """Wait for the background reactions, and note what they have done. No other one may begin meanwhile."""
        await self._background.all_ended()
        try:
            await self._note_background()
        except SQLAlchemyError as error:
            if not is_passing(error):
                raise
            log.warning("background_unnoted", follower=self._name, error=first_line(error))  # its events are still put off

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
        handled = [await self._note_background(), await self._handle_due()]
        return await asyncio.to_thread(self._pause) if all(handled) else LOOK_SECONDS

    async def _note_background(self) -> bool:
        ended = self._background.ended()
        handled = await self._note(ended)
        self._background.forget(ended)
        return handled

    async def _handle_due(self) -> bool:
        found = await asyncio.to_thread(self._due)
        tasks = await self._process.react({key: events for key, events in found.items() if key not in self._background})
        ends = {key: task.result() for key, task in tasks.items() if task.done()}
        for key in tasks.keys() - ends.keys():
            self._background.keep(key, found[key], tasks[key])
        slow = again_at(self._store.now())
        return await self._note({key: Reacted(events, ends.get(key) or End(events, due=slow)) for key, events in found.items()})

    async def _note(self, handled: Mapping[str, Reacted]) -> bool:
        """Forget the events that were handled, and put the others off again; return whether none of them has failed."""
        if handled:
            await asyncio.to_thread(self._store_ends, handled)
        errors = [each.end.error for each in handled.values() if each.end.error is not None]
        for error in errors:
            if isinstance(error, PoisonError):
                await self._follower.stop(error)
            else:
                self._log_retry(error)
        return not errors

    def _log_retry(self, error: Exception) -> None:
        log.warning("follower_retries", follower=self._name, error=first_line(error))

    def _due(self) -> dict[str, Sequence[Recorded]]:
        """Return each key's first event that is due, and forget those that were parked. Nothing while the follower is stopped."""
        if self._follower.status().stopped_at is not None:
            return {}
        with self._database.read() as connection:
            found = put_off.due(connection, self._name, self._store.now(), BATCH)
        if not found:
            return {}
        keys = {each.position: each.key for each in found}
        parked = parked_in(self._database, self._name, above=min(keys) - 1, upto=max(keys)).keys() & keys
        if parked:
            with self._database.write(durable=False) as connection:
                put_off.forget(connection, self._name, list(parked))
        try:
            return {keys[recorded.position]: [recorded] for recorded in self._store.log.at(keys.keys() - parked)}
        except UnreadableEventError as error:
            raise PoisonError(error.position, str(error)) from error

    def _store_ends(self, handled: Mapping[str, Reacted]) -> None:
        now = self._store.now()
        left = [PutOff(each.position, key, one.end.due or now) for key, one in handled.items() for each in one.end.left]
        positions = {each.position for one in handled.values() for each in one.events}
        with self._database.write(durable=False) as connection:
            put_off.forget(connection, self._name, list(positions.difference(each.position for each in left)))
            for each in left:
                put_off.again(connection, self._name, each)

    def _pause(self) -> float:
        if self._follower.status().stopped_at is not None:
            return LOOK_SECONDS
        with self._database.read() as connection:
            due = put_off.next_due(connection, self._name)
        if due is None:
            return IDLE_SECONDS
        return min(max((due - self._store.now()).total_seconds(), _SHORTEST_PAUSE), LOOK_SECONDS)
