"""Views and how they follow the log: rows and position are stored in one transaction, and each event is applied once.

Views whose batches arrive together share the transaction. If one of them can't apply its batch, each batch is applied alone.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct
from sqlalchemy import Connection, Table, delete

from groupchat.store.at_once import AtOnce
from groupchat.store.database import Database, is_passing
from groupchat.store.parked import parked
from groupchat.store.places import raise_places
from groupchat.store.positions import FollowerStatus, PoisonError, advance, lock_all
from groupchat.values.errors import described
from groupchat.values.event import Recorded


class View(Struct, frozen=True):
    """A view: its name, its tables, and how a batch of events changes them."""

    name: str
    tables: tuple[Table, ...]
    apply: Callable[[Connection, Sequence[Recorded]], None]

    def clear(self, connection: Connection) -> None:
        """Empty its tables."""
        for table in self.tables:
            connection.execute(delete(table))


class ViewBatch(Struct, frozen=True):
    """The events for a view: those of the log up to a position, except parked ones, beginning after its last known position."""

    view: View
    events: Sequence[Recorded]
    position: int


class Applying:
    """Applies the batches of views. Batches that arrive in one turn of the event loop share a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._at_once = AtOnce.in_thread(self._apply_together)

    async def apply(self, batch: ViewBatch) -> int:
        """Apply the new events of a batch, and return the view's position afterwards.

        A batch that does not continue at the view's position is ignored, because the view was emptied after the batch was read.
        Raises `PoisonError` for an event that can't be applied; the events before it are applied.
        """
        return await self._at_once.ask(batch)

    def _apply_together(self, batches: Sequence[ViewBatch]) -> list[int | Exception]:
        try:
            return [*self._apply(batches)]
        except Exception as error:  # noqa: BLE001 - raised where the batches came from, unless each can be applied alone
            if is_passing(error):
                return [error] * len(batches)
        return [self._apply_or_error(batch) for batch in batches]

    def _apply_or_error(self, batch: ViewBatch) -> int | Exception:
        try:
            return self.apply_alone(batch)
        except Exception as error:  # noqa: BLE001 - raised where the batch came from
            return error

    def apply_alone(self, batch: ViewBatch) -> int:
        """Do the same as `apply` in a transaction of its own. It blocks."""
        try:
            return self._apply([batch])[0]
        except Exception as error:
            if is_passing(error):
                raise
            return self._apply_one_by_one(batch)

    def _apply_one_by_one(self, batch: ViewBatch) -> int:
        for recorded in batch.events:
            try:
                self._apply([ViewBatch(batch.view, [recorded], recorded.position)])
            except Exception as error:
                if is_passing(error):
                    raise
                raise PoisonError(recorded.position, described(error), recorded.cause.correlation_id) from error
        return self._apply([ViewBatch(batch.view, [], batch.position)])[0]

    def _apply(self, batches: Sequence[ViewBatch]) -> list[int]:
        """Apply batches, each of another view, in one transaction; return each view's position afterwards."""
        moved: dict[int, list[str]] = {}
        with self._database.write(durable=False) as connection:
            statuses = lock_all(connection, [batch.view.name for batch in batches])
            for batch in batches:
                status = statuses[batch.view.name]
                fresh = _fresh(connection, batch, status)
                if fresh is None:
                    continue
                if fresh:
                    batch.view.apply(connection, fresh)
                moved.setdefault(batch.position, []).append(batch.view.name)
            for position, names in moved.items():
                raise_places(connection, names, position)
                advance(connection, names, position)
        reached = {name: position for position, names in moved.items() for name in names}
        return [reached.get(batch.view.name, statuses[batch.view.name].position) for batch in batches]


def _fresh(connection: Connection, batch: ViewBatch, status: FollowerStatus) -> list[Recorded] | None:
    """Return the events that a view does not have yet; none if it can't continue with this batch."""
    standing = status.position
    if status.stopped_at is not None or batch.position <= standing:
        return None
    fresh = [recorded for recorded in batch.events if recorded.position > standing]
    missing = batch.position - standing - len(fresh)
    aside = parked(connection, status.name, above=standing, upto=batch.position) if missing and status.parked else ()
    return fresh if missing == len(aside) else None


class Projection:
    """The handler of a view's follower. Views that share transactions use the same `Applying`."""

    def __init__(self, database: Database, view: View, applying: Applying | None = None) -> None:
        self.name = view.name
        self._applying = applying or Applying(database)
        self._view = view

    async def handle(self, batch: Sequence[Recorded], position: int) -> int:
        """Apply a batch and store its position; see `Applying.apply`."""
        return await self._applying.apply(ViewBatch(self._view, batch, position))

    def handle_blocking(self, batch: Sequence[Recorded], position: int) -> int:
        """Do the same in the caller's thread."""
        return self._applying.apply_alone(ViewBatch(self._view, batch, position))
