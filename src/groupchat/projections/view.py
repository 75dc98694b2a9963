"""Views and how they follow the log: rows and position are stored in one transaction, and each event is applied once."""

import asyncio
from collections.abc import Callable, Sequence

from msgspec import Struct
from sqlalchemy import Connection, Table, delete

from groupchat.store.database import Database, is_passing
from groupchat.store.parked import parked
from groupchat.store.places import raise_places
from groupchat.store.positions import PoisonError, advance, lock
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


class Projection:
    """The handler of a view's follower."""

    def __init__(self, database: Database, view: View) -> None:
        self.name = view.name
        self._database = database
        self._view = view

    async def handle(self, batch: Sequence[Recorded], position: int) -> None:
        """Apply a batch and store its position; raises `PoisonError` for an event that can't be applied."""
        await asyncio.to_thread(self.handle_blocking, batch, position)

    def handle_blocking(self, batch: Sequence[Recorded], position: int) -> None:
        """Do the same in the caller's thread."""
        try:
            self._apply(batch, position)
        except Exception as error:
            if is_passing(error):
                raise
            self._apply_one_by_one(batch, position)

    def _apply_one_by_one(self, batch: Sequence[Recorded], position: int) -> None:
        for recorded in batch:
            try:
                self._apply([recorded], recorded.position)
            except Exception as error:
                if is_passing(error):
                    raise
                raise PoisonError(recorded.position, described(error), recorded.cause.correlation_id) from error
        self._apply([], position)

    def _apply(self, batch: Sequence[Recorded], position: int) -> None:
        """Apply what of a batch is not applied yet.

        A batch that does not go on from where the view stands is left alone: the view was emptied after the batch was read.
        """
        with self._database.write(durable=False) as connection:
            standing = lock(connection, self.name).position
            fresh = [recorded for recorded in batch if recorded.position > standing]
            missing = position - standing - len(fresh)
            if position <= standing or missing != (missing and len(parked(connection, self.name, above=standing, upto=position))):
                return
            if fresh:
                self._view.apply(connection, fresh)
            raise_places(connection, self.name, position)
            advance(connection, [self.name], position)
