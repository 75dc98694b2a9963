"""Rows: the state of a view's fold, one row per key, loaded and saved a batch at a time.

A batch costs one SELECT of the rows that it concerns and one upsert of the changed ones, whatever its size.

A row is guarded by the position of the last event that changed it: events at or below it are skipped, and a row is only replaced by
a newer one. A caller that applies a key's events in order, without a gap above the row, can therefore apply them any number of
times, even while another caller does the same.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from sqlalchemy import Connection, Table, Text

from groupchat.store.upserts import upsert_newer
from groupchat.values.event import EVENT_TYPES, Event, Recorded


class Versioned(Protocol):
    """A row that has the version of the last event that was folded into it."""

    @property
    def version(self) -> int:
        """The version."""
        ...


S = TypeVar("S")
V = TypeVar("V", bound=Versioned)
Fold = Callable[[S | None, Recorded], S | None]
Columns = Callable[[S], dict[str, Any]]

CODE_POINTS = Text().with_variant(Text(collation="C"), "postgresql")
"""Text in the order of its code points, on every database."""

_encode = msgspec.json.Encoder().encode
_NO_ROW = (0, None)


def events_named(prefix: str) -> frozenset[type[Event]]:
    """Return the event types whose wire name has this prefix; import the aggregate that defines them first."""
    return frozenset(kind for name, kind in EVENT_TYPES.items() if name.startswith(prefix))


class Rows(Generic[S]):
    """The rows of a table with one text key, a `position`, and a column of JSON (`held_in`) with the fold's state.

    `columns` gives a row's other columns. An event of a type in `births` begins a row, so its key is not looked up.
    """

    def __init__(
        self, table: Table, shape: type[S], columns: Columns[S], *, held_in: str = "state", births: Collection[type[Event]]
    ) -> None:
        (self._key,) = table.primary_key.columns
        self._table, self._columns, self._held_in, self._births = table, columns, held_in, frozenset(births)
        self._decode = msgspec.json.Decoder(shape).decode
        select = f"SELECT {self._key.name}, position, {held_in} FROM {table.name}"  # noqa: S608 - names of this code
        self._select_sqlite = f"{select} WHERE {self._key.name} IN (SELECT value FROM json_each(?))"  # noqa: S608 - as above
        self._select_postgres = f"{select} WHERE {self._key.name} = ANY(%s)"

    def load(self, connection: Connection, keys: Collection[str]) -> dict[str, S]:
        """Return the existing rows, by key."""
        return {key: row for key, (_, row) in self._load(connection, keys).items()}

    def fold(self, connection: Connection, keyed: Sequence[tuple[str, Recorded]], fold: Fold[S]) -> None:
        """Fold events, each with its row's key, in their order; events that a row already has change nothing."""
        rows: dict[str, tuple[int, S]] = self._before(connection, keyed)
        changed: dict[str, tuple[int, S]] = {}
        for key, recorded in keyed:
            position, before = rows.get(key, _NO_ROW)
            if recorded.position <= position:
                continue
            row = fold(before, recorded)
            if row is not None and row is not before:
                rows[key] = changed[key] = (recorded.position, row)
        self._save(connection, changed)

    def _before(self, connection: Connection, keyed: Iterable[tuple[str, Recorded]]) -> dict[str, tuple[int, S]]:
        """Return the rows that the events continue, each with its position."""
        first: dict[str, Recorded] = {}
        for key, recorded in keyed:
            first.setdefault(key, recorded)
        return self._load(connection, [key for key, recorded in first.items() if type(recorded.event) not in self._births])

    def _load(self, connection: Connection, keys: Collection[str]) -> dict[str, tuple[int, S]]:
        if not keys:
            return {}
        if connection.dialect.name == "sqlite":
            found = connection.exec_driver_sql(self._select_sqlite, (_encode(list(keys)).decode(),))
        else:
            found = connection.exec_driver_sql(self._select_postgres, (list(keys),))
        return {key: (position, self._decode(held)) for key, position, held in found}

    def _save(self, connection: Connection, rows: Mapping[str, tuple[int, S]]) -> None:
        values = [
            {self._key.name: key, "position": position, self._held_in: _encode(row).decode(), **self._columns(row)}
            for key, (position, row) in rows.items()
        ]
        upsert_newer(connection, self._table, values)


class StreamRows(Rows[V]):
    """Rows that are each the fold of one stream, whose name is the key; only events of the types in `events` concern them."""

    def __init__(
        self,
        table: Table,
        shape: type[V],
        columns: Columns[V],
        fold: Fold[V],
        *,
        events: Collection[type[Event]],
        births: Collection[type[Event]],
    ) -> None:
        super().__init__(table, shape, columns, births=births)
        self._fold_one, self._events = fold, frozenset(events)

    def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold a batch of the log into its rows."""
        concerned = [(recorded.stream, recorded) for recorded in batch if type(recorded.event) in self._events]
        self.fold(connection, concerned, self._fold_one)

    def current(self, row: V | None, events: Iterable[Recorded]) -> V | None:
        """Fold the events of a stream that its row does not have yet, in their order."""
        for recorded in events:
            if type(recorded.event) in self._events and (row is None or recorded.version > row.version):
                row = self._fold_one(row, recorded)
        return row

    def of(self, connection: Connection, stream: str) -> V | None:
        """Return a stream's row; none if it has none."""
        return self.load(connection, [stream]).get(stream)
