"""Views and how they follow the log: rows and position are stored in one transaction, and each event is applied once."""

from collections.abc import Callable, Sequence

from msgspec import Struct
from sqlalchemy import Connection, Table, delete

from groupchat.store.applying import Applying, FollowerBatch
from groupchat.store.database import Database
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
    """The handler of a view's follower. Followers that share transactions use the same `Applying`."""

    def __init__(self, database: Database, view: View, applying: Applying | None = None) -> None:
        self.name = view.name
        self._applying = applying or Applying(database)
        self._view = view

    async def handle(self, batch: Sequence[Recorded], position: int) -> int:
        """Apply a batch and store its position; see `Applying.apply`."""
        return await self._applying.apply(FollowerBatch(self.name, position, batch, self._view.apply))

    def handle_blocking(self, batch: Sequence[Recorded], position: int) -> int:
        """Do the same in the caller's thread."""
        return self._applying.apply_alone(FollowerBatch(self.name, position, batch, self._view.apply))
