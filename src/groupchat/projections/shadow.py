"""A view's shadow: new tables in a database next to the main one, with their own position and parked events.

The view's own fold fills it, as in a follower. The shadow records which code and tables it was started with, and can't be continued
with others. The live view doesn't change before `take_place`.
"""

from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path

from msgspec.structs import replace
from sqlalchemy import Connection, Dialect, MetaData, Table, inspect, text
from sqlalchemy.schema import CreateIndex, CreateTable

import groupchat
from groupchat.projections.content import Pair
from groupchat.projections.view import Projection, View
from groupchat.store.beside import Beside
from groupchat.store.event_store import EventStore
from groupchat.store.mapper import UnreadableEventError
from groupchat.store.parked import parked_in, set_aside
from groupchat.store.positions import TABLES, PoisonError, ensure, statuses
from groupchat.store.tables import METADATA
from groupchat.values.errors import ExpectedError

BATCH = 5_000
_SHORT_WAIT_MS, _LONGEST_WAIT_MS = 100, 1_500


class ShadowStoppedError(ExpectedError):
    """A shadow met an event that it can't apply. The live view is unchanged."""

    def __init__(self, name: str, position: int, reason: str) -> None:
        super().__init__(
            f"{name} was not rebuilt, and the live view is unchanged: the event at position {position} can't be applied: {reason}. "
            f"Fix the cause and run the command again. `groupchat rebuild {name} --online --drop` drops the unfinished rebuild."
        )
        self.position = position
        self.reason = reason


class Shadow:
    """The shadow of a view. All of it blocks, and only one process at a time may work on it."""

    def __init__(self, store: EventStore, view: View, *, batch: int = BATCH) -> None:
        self._store = store
        self._batch = batch
        self._view = view
        self.database = Beside(store.database, f"rebuild_{view.name}")
        self.name = f"{view.name}@{_fingerprint(view, store.database.engine.dialect)}"
        """The name of its follower. A shadow that other code began has another name."""
        self._projection = Projection(self.database, replace(view, name=self.name))
        metadata = MetaData()
        self.tables = [table.to_metadata(metadata, schema=self.database.schema) for table in view.tables]
        self.pairs = [Pair(*both) for both in zip(view.tables, self.tables, strict=True)]

    # --- filling it

    def open(self) -> None:
        """Continue an interrupted rebuild, or begin one."""
        if self.database.exists() and self._is_of_this_code():
            return
        self.database.drop()
        with self.database.write() as connection:
            self.database.create(connection)
            METADATA.create_all(connection, tables=[*self._view.tables, *TABLES], checkfirst=False)
            ensure(connection, self.name)

    def _is_of_this_code(self) -> bool:
        if not all(
            map(inspect(self.database.engine).has_table, [table.name for table in TABLES])
        ):  # killed while it was being created, on SQLite
            return False
        return self.name in statuses(self.database)

    def position(self) -> int:
        """Return the position of its last event."""
        return statuses(self.database)[self.name].position

    def reach(self, position: int) -> None:
        """Apply all events up to a position; raises the same errors as `advance`."""
        while self.position() < position:
            self.advance(position)

    def advance(self, end: int) -> None:
        """Apply the next batch of events up to a position; raises `ShadowStoppedError`.

        An event that the view itself has parked, and that still can't be applied, stays parked.
        """
        standing = self.position()
        aside = min(parked_in(self.database, self.name, above=standing), default=end + 1)
        try:
            if aside == standing + 1:
                self._projection.handle_blocking([], aside)
            else:
                batch = self._store.log.read(standing, min(self._batch, end - standing, aside - 1 - standing)).events
                self._projection.handle_blocking(batch, batch[-1].position)
        except UnreadableEventError as error:
            self._set_aside(error.position, str(error))
        except PoisonError as poison:
            self._set_aside(poison.position, poison.reason)

    def _set_aside(self, position: int, reason: str) -> None:
        if position not in parked_in(self._store.database, self._view.name):
            raise ShadowStoppedError(self._view.name, position, reason)
        with self.database.write(durable=False) as connection:
            set_aside(connection, self.name, {position: reason})

    # --- using it

    def show_to(self, connection: Connection) -> None:
        """Let a connection of the main database see `tables`."""
        self.database.show_to(connection)

    def parked(self) -> dict[int, str]:
        """Return the reason for each event that it parked, by position."""
        return parked_in(self.database, self.name)

    def take_place(self, connection: Connection, attempt: int) -> None:
        """Replace the view's tables in a transaction of the main database; on Postgres, this removes the shadow.

        On Postgres, it raises an error that passes if readers do not release the tables in time; later attempts wait longer.
        """
        self.show_to(connection)
        if connection.dialect.name == "sqlite":
            for pair in self.pairs:
                pair.bring_over(connection)
            return
        _lock_out_readers(connection, [table.name for table in self._view.tables], attempt)
        for table in self.tables:
            _move(connection, table)
        self.database.drop_in(connection)

    def settle(self) -> None:
        """Let Postgres analyze the tables, so that it plans the first queries well."""
        if not self.database.is_sqlite:
            with self.database.write(patient=True) as connection:
                for table in self._view.tables:
                    connection.execute(text(f"ANALYZE {table.name}"))

    def close(self) -> None:
        """Close its connections; its tables stay."""
        self.database.close()

    def drop(self) -> bool:
        """Drop it; return whether it existed."""
        found = self.database.exists()
        self.database.drop()
        return found


def _lock_out_readers(connection: Connection, names: Sequence[str], attempt: int) -> None:
    """Lock tables. Readers that arrive meanwhile have to queue, so give up soon, and wait longer only if that doesn't help.

    Wait long only while no table is locked yet. With some of them locked, a reader could become the victim of a deadlock, which
    Postgres looks for after a second. A wait of more than that ends an autovacuum, so each table comes first in some attempt.
    """
    first = attempt % len(names)
    wait = min(_SHORT_WAIT_MS * attempt, _LONGEST_WAIT_MS)
    for name in (*names[first:], *names[:first]):
        connection.execute(text(f"SET LOCAL lock_timeout = {wait}"))
        connection.execute(text(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE"))
        wait = _SHORT_WAIT_MS


def _move(connection: Connection, table: Table) -> None:
    """Put a table, with its indexes, in place of the one with the same name."""
    place = text("SELECT relnamespace::regnamespace FROM pg_class WHERE oid = CAST(:name AS regclass)")
    namespace = connection.execute(place, {"name": table.name}).scalar_one()
    connection.execute(text(f"DROP TABLE {table.name}"))
    connection.execute(text(f"ALTER TABLE {table.schema}.{table.name} SET SCHEMA {namespace}"))


def _fingerprint(view: View, dialect: Dialect) -> str:
    made = [str(CreateTable(table).compile(dialect=dialect)) for table in view.tables]
    made += sorted(str(CreateIndex(index).compile(dialect=dialect)) for table in view.tables for index in table.indexes)
    folded_by = f"{view.apply.__module__}.{view.apply.__qualname__}"
    return blake2b(repr((made, folded_by, _code())).encode(), digest_size=8).hexdigest()


@cache
def _code() -> str:
    """Return a hash of all of groupchat's code, because a fold depends on more than its own file."""
    code = blake2b(groupchat.__version__.encode(), digest_size=8)
    for path in sorted(Path(groupchat.__file__).parent.rglob("*.py")):
        code.update(path.read_bytes())
    return code.hexdigest()
