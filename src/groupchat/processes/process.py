"""Code that all processes share. A batch is handled concurrently, but in order within a key. Then its position is stored.

A reaction that puts an event off (`PutOffError`) holds up only its own key. The event is stored with the position, and `Later`
handles it when it is due, followed by the later events of its key. A reaction that takes long goes on in the background, and holds
up only its own key, too (`background.py`).
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from structlog.contextvars import bind_contextvars

from groupchat.processes.background import Background, again_at
from groupchat.processes.ends import End
from groupchat.store import put_off
from groupchat.store.applying import FollowerBatch
from groupchat.store.database import Database
from groupchat.store.event_store import EventStore
from groupchat.store.positions import PoisonError, advance
from groupchat.store.put_off import PutOff
from groupchat.store.refusals import may_pass
from groupchat.store.terms import NO_TERMS, Terms
from groupchat.tracing import reacting
from groupchat.values.errors import described
from groupchat.values.event import Recorded

AT_ONCE = 64
"""The number of keys of a batch that are handled at the same time."""

BACKGROUND_AFTER_SECONDS = 1.0
"""When a reaction that makes calls over a network goes on in the background."""
_TIMES_FOR_ALL = 3
"""When a key's reactions go on in the background, although each is quick: as a multiple of the time that one may take."""


class PutOffError(Exception):
    """A reaction can't be done now, but perhaps in this many seconds."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Reaction(Protocol):
    """The reaction of a process to one event. It may be called again for an event, so it must be idempotent."""

    name: str

    def key(self, recorded: Recorded) -> str | None:
        """Return the key within which an event must stay in order; none if the event does not concern this process."""

    async def react(self, recorded: Recorded, terms: Terms) -> None:
        """React to an event, on the term that the lease is still held.

        `PutOffError` puts the event off. Any other error stops the process at this event, unless it may pass.
        """


class Process:
    """A follower's handler that runs a reaction."""

    def __init__(self, store: EventStore, reaction: Reaction, *, background_after: float | None = None) -> None:
        """Reactions go on in the background after so many seconds.

        Without that, each batch waits for all reactions, so a caller who waits for the process's position knows that they are done.
        """
        self.name = reaction.name
        self.put_off = asyncio.Event()
        """Set when an event was put off, and when a background reaction has ended."""
        self.background = Background(self.put_off)
        self._store = store
        self._database: Database = store.database
        self._reaction = reaction
        self._background_after = background_after
        self.terms = NO_TERMS
        """The terms of the reactions' commands: they require the lease."""

    async def handle(self, batch: Sequence[Recorded], position: int) -> int:
        """React to a batch; see `store.follower.Handler`."""
        by_key: dict[str, list[Recorded]] = {}
        for recorded in batch:
            if (key := self._reaction.key(recorded)) is not None:
                by_key.setdefault(key, []).append(recorded)
        if not by_key:
            return await self._store.applying.apply(FollowerBatch(self.name, position))
        waiting = await asyncio.to_thread(self._waiting, by_key)
        tasks = await self.react({key: events for key, events in by_key.items() if key not in waiting})
        if any(task.done() and task.result().error is not None for task in tasks.values()):
            await asyncio.gather(*tasks.values())  # the batch comes again, and none of its reactions may be running then
        try:
            await self._store_ends(by_key, tasks, position)
        except Exception:  # nothing is stored, so the batch comes again here, too
            await asyncio.gather(*tasks.values())
            raise
        return position

    async def _store_ends(
        self, by_key: Mapping[str, Sequence[Recorded]], tasks: Mapping[str, asyncio.Task[End]], position: int
    ) -> None:
        """Store the position, and what is put off: what came too early, what is behind that, and what takes long."""
        ends = {key: task.result() for key, task in tasks.items() if task.done()}
        errors = [end.error for end in ends.values() if end.error is not None]
        if passing := next((error for error in errors if not isinstance(error, PoisonError)), None):
            raise passing
        poison = min((error for error in errors if isinstance(error, PoisonError)), key=lambda error: error.position, default=None)
        now = self._store.now()
        slow = tasks.keys() - ends.keys()
        left = [PutOff(each.position, key, end.due) for key, end in ends.items() if end.due for each in end.left]
        left += [PutOff(each.position, key, now) for key in by_key.keys() - tasks.keys() for each in by_key[key]]
        left += [PutOff(each.position, key, again_at(now)) for key in slow for each in by_key[key]]
        reached = position if poison is None else poison.position - 1
        if left:
            await asyncio.to_thread(self._put_off, reached, left)
            self.put_off.set()
        else:
            await self._store.applying.apply(FollowerBatch(self.name, reached))  # not back, if another process has the lease by now
        if poison is not None:
            raise poison
        for key in slow:
            self.background.keep(key, by_key[key], tasks[key])

    async def react(self, by_key: Mapping[str, Sequence[Recorded]]) -> dict[str, asyncio.Task[End]]:
        """React to events, to different keys at the same time; return the keys' tasks, when all have ended or the time is over."""
        await self.background.room()
        gate, since = asyncio.Semaphore(AT_ONCE), dict[str, float]()
        tasks = {key: asyncio.create_task(self._in_order(key, events, gate, since)) for key, events in by_key.items()}
        try:
            slow = await self._ended_or_slow(tasks, since)
        except asyncio.CancelledError:
            for task in tasks.values():
                task.cancel()
            raise
        for _ in slow:
            gate.release()  # otherwise, calls that hang would hold up those behind them
        return tasks

    async def _ended_or_slow(self, tasks: Mapping[str, asyncio.Task[End]], since: Mapping[str, float]) -> set[asyncio.Task[End]]:
        """Wait until all tasks have ended, or those that are left take long; return these.

        `since` has the time when the present reaction of each key began.
        """
        left = set(tasks.values())
        seconds, now = self._background_after, asyncio.get_running_loop().time
        begun = now()
        while left and (seconds is None or seconds > 0):
            _, left = await asyncio.wait(left, timeout=seconds)
            if self._background_after is not None:
                newest = max((since[key] for key, task in tasks.items() if key in since and task in left), default=begun)
                slow_at = min(newest + self._background_after, begun + self._background_after * _TIMES_FOR_ALL)
                seconds = slow_at - now()
        return left

    async def _in_order(self, key: str, events: Sequence[Recorded], gate: asyncio.Semaphore, since: dict[str, float]) -> End:
        async with gate:
            for n, recorded in enumerate(events):
                since[key] = asyncio.get_running_loop().time()
                bind_contextvars(correlation_id=recorded.cause.correlation_id)  # only in this task
                try:
                    with reacting(f"{self.name} {recorded.type}", recorded.cause.correlation_id):
                        try:
                            await self._reaction.react(recorded, self.terms)
                        except PutOffError as later:  # not an error of the span
                            return End(events[n:], due=self._store.now() + timedelta(seconds=later.seconds))
                except Exception as error:  # noqa: BLE001 - passed on, or it stops the follower at this event
                    if may_pass(error):
                        return End(events[n:], error)
                    return End(events[n:], PoisonError(recorded.position, described(error), recorded.cause.correlation_id))
        return End()

    def _waiting(self, keys: Mapping[str, object]) -> set[str]:
        with self._database.read() as connection:
            return put_off.keys_of(connection, self.name, list(keys))

    def _put_off(self, position: int, left: Sequence[PutOff]) -> None:
        with self._database.write(durable=False) as connection:
            put_off.add(connection, self.name, left)
            advance(connection, [self.name], position)
