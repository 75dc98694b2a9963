"""Applying: what followers store for a batch of events, with their new positions in the same transaction.

Followers whose batches come in one turn of the event loop share the transaction. If one of them can't apply its batch, or a rebuild
has locked it, each batch is applied alone. None of them waits for another one's lock.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct
from sqlalchemy import Connection

from groupchat.store.at_once import AtOnce
from groupchat.store.database import Database, is_locked, is_passing
from groupchat.store.parked import parked
from groupchat.store.positions import FollowerStatus, PoisonError, lock_all, move
from groupchat.values.errors import described
from groupchat.values.event import Recorded


class FollowerBatch(Struct, frozen=True):
    """A follower's events: those of the log up to a position, except parked ones, beginning after its last known position.

    `apply` changes its tables. Without it, nothing but the position is stored, unless the follower is further ahead.
    """

    name: str
    position: int
    events: Sequence[Recorded] = ()
    apply: Callable[[Connection, Sequence[Recorded]], None] | None = None


class Applying:
    """Applies batches, each of another follower. Those that arrive in one turn of the event loop share a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._at_once = AtOnce.in_thread(self._apply_together)

    async def apply(self, batch: FollowerBatch) -> int:
        """Apply the new events of a batch, and return the follower's position afterwards.

        A batch that does not continue at the follower's position is ignored, because its view was emptied after the batch was read.
        Raises `PoisonError` for an event that can't be applied; the events before it are applied.
        """
        return await self._at_once.ask(batch)

    def _apply_together(self, batches: Sequence[FollowerBatch]) -> list[int | Exception]:
        wait = len(batches) == 1
        try:
            return [*self._apply(batches, wait=wait)]
        except Exception as error:  # noqa: BLE001 - raised where the batches came from, unless each can be applied alone
            if is_passing(error) and (wait or not is_locked(error)):
                return [error] * len(batches)
        return [self._apply_or_error(batch, wait=wait) for batch in batches]

    def _apply_or_error(self, batch: FollowerBatch, *, wait: bool) -> int | Exception:
        try:
            return self.apply_alone(batch, wait=wait)
        except Exception as error:  # noqa: BLE001 - raised where the batch came from
            return error

    def apply_alone(self, batch: FollowerBatch, *, wait: bool = True) -> int:
        """Do the same as `apply` in a transaction of its own. It blocks.

        Without `wait`, a follower that another transaction has locked is a failure that passes.
        """
        try:
            return self._apply([batch], wait=wait)[0]
        except Exception as error:
            if is_passing(error):
                raise
            return self._apply_one_by_one(batch)

    def _apply_one_by_one(self, batch: FollowerBatch) -> int:
        for recorded in batch.events:
            try:
                self._apply([FollowerBatch(batch.name, recorded.position, [recorded], batch.apply)])
            except Exception as error:
                if is_passing(error):
                    raise
                raise PoisonError(recorded.position, described(error), recorded.cause.correlation_id) from error
        return self._apply([FollowerBatch(batch.name, batch.position, [], batch.apply)])[0]

    def _apply(self, batches: Sequence[FollowerBatch], *, wait: bool = True) -> list[int]:
        with self._database.write(durable=False) as connection:
            statuses = lock_all(connection, [batch.name for batch in batches], wait=wait)
            moved: dict[str, int] = {}
            for batch in batches:
                if _applied(connection, batch, statuses[batch.name]):
                    moved[batch.name] = max(batch.position, moved.get(batch.name, 0))
            if moved:
                move(connection, moved)
        return [moved.get(batch.name, statuses[batch.name].position) for batch in batches]


def _applied(connection: Connection, batch: FollowerBatch, status: FollowerStatus) -> bool:
    """Apply a batch to its follower's tables; return whether the follower has moved."""
    if batch.position <= status.position:
        return False
    if batch.apply is None:
        return True
    fresh = _fresh(connection, batch, status)
    if fresh:
        batch.apply(connection, fresh)
    return fresh is not None


def _fresh(connection: Connection, batch: FollowerBatch, status: FollowerStatus) -> list[Recorded] | None:
    """Return the events that a view does not have yet; none if it can't continue with this batch."""
    standing = status.position
    if status.stopped_at is not None:
        return None
    fresh = [recorded for recorded in batch.events if recorded.position > standing]
    missing = batch.position - standing - len(fresh)
    aside = parked(connection, status.name, above=standing, upto=batch.position) if missing and status.parked else ()
    return fresh if missing == len(aside) else None
