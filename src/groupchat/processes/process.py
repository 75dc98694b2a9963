"""What every process shares: a batch is handled concurrently, but in order within a key, and then its position is stored."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from structlog.contextvars import bind_contextvars

from groupchat.store.database import Database, is_passing
from groupchat.store.follower import PoisonError, advance, status_of
from groupchat.store.refusals import UnavailableError, VersionConflictError
from groupchat.values.event import Recorded

AT_ONCE = 64
"""How many keys of a batch are handled at the same time."""


class Reaction(Protocol):
    """What a process does about one event. It may be called again for an event: it must be idempotent."""

    name: str

    def key(self, recorded: Recorded) -> str | None:
        """Return what the event must be handled in order with; none if it does not concern this process."""

    async def react(self, recorded: Recorded) -> None:
        """Do it. What it raises stops the process at this event, but for what passes by itself."""


class Process:
    """A follower's handler that runs a reaction."""

    def __init__(self, database: Database, reaction: Reaction) -> None:
        self.name = reaction.name
        self._database = database
        self._reaction = reaction

    async def handle(self, batch: Sequence[Recorded], position: int) -> None:
        """React to a batch; see `store.follower.Handler`."""
        by_key: dict[str, list[Recorded]] = {}
        for recorded in batch:
            if (key := self._reaction.key(recorded)) is not None:
                by_key.setdefault(key, []).append(recorded)
        gate = asyncio.Semaphore(AT_ONCE)
        ends = await asyncio.gather(*(self._in_order(events, gate) for events in by_key.values()))
        for end in ends:
            if end is not None and not isinstance(end, PoisonError):
                raise end  # only now: the batch comes again, and nothing of it may still be under way
        poison = min((end for end in ends if isinstance(end, PoisonError)), key=lambda end: end.position, default=None)
        if poison is not None:
            await asyncio.to_thread(self._store_position, poison.position - 1)
            raise poison
        await asyncio.to_thread(self._store_position, position)

    async def _in_order(self, events: Sequence[Recorded], gate: asyncio.Semaphore) -> Exception | None:
        """Return what stopped it: a `PoisonError`, or what passes by itself."""
        async with gate:
            for recorded in events:
                bind_contextvars(correlation_id=recorded.cause.correlation_id)  # in this task alone
                try:
                    await self._reaction.react(recorded)
                except Exception as error:  # noqa: BLE001 - handed on, or becomes the follower's stop, with this event's position
                    if _passes(error):
                        return error
                    return PoisonError(recorded.position, f"{type(error).__name__}: {error}", recorded.cause.correlation_id)
        return None

    def _store_position(self, position: int) -> None:
        with self._database.write(durable=False) as connection:
            if position > status_of(connection, self.name).position:
                advance(connection, [self.name], position)


def _passes(error: Exception) -> bool:
    """Tell whether a failure is none of the event's: a lock, a lost connection, a lost race."""
    if isinstance(error, DBAPIError):
        return is_passing(error)
    return isinstance(error, UnavailableError | VersionConflictError | PoolTimeoutError)
