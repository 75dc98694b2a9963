"""Rows: what the fold of a view holds, one row per key, loaded and saved a batch at a time.

A batch costs one SELECT of the rows that it concerns and one upsert of those that changed, however it is cut.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Connection, Table, Text, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from groupchat.values.event import EVENT_TYPES, Event, Recorded

S = TypeVar("S", bound=msgspec.Struct)
Fold = Callable[[S | None, Recorded], S | None]
Columns = Callable[[S], dict[str, Any]]

CODE_POINTS = Text().with_variant(Text(collation="C"), "postgresql")
"""Text in the order of its code points, on every database."""

_encode = msgspec.json.Encoder().encode


def events_of(aggregate: ModuleType) -> frozenset[type[Event]]:
    """Return the types of the events that an aggregate's file defines."""
    return frozenset(kind for kind in EVENT_TYPES.values() if kind.__module__ == aggregate.__name__)


class Rows(Generic[S]):
    """The rows of a table with one text key and a column of JSON (`held_in`) that holds what the fold needs.

    `columns` gives a row's other columns. An event of a type in `births` begins a row, so such a key is not looked up.
    """

    def __init__(
        self, table: Table, shape: type[S], columns: Columns[S], *, held_in: str = "state", births: Collection[type[Event]]
    ) -> None:
        (self._key,) = table.primary_key.columns
        self._table, self._columns, self._held_in, self._births = table, columns, held_in, frozenset(births)
        self._decode = msgspec.json.Decoder(shape).decode
        self._select = select(self._key, table.c[held_in]).where(self._key.in_(bindparam("keys", expanding=True)))

    def load(self, connection: Connection, keys: Collection[str]) -> dict[str, S]:
        """Return the rows that there are, by key."""
        if not keys:
            return {}
        found = connection.execute(self._select, {"keys": list(keys)})
        return {key: self._decode(held) for key, held in found}

    def before(self, connection: Connection, keyed: Iterable[tuple[str, Recorded]]) -> dict[str, S]:
        """Return the rows that events, each with its key, go on from."""
        first: dict[str, Recorded] = {}
        for key, recorded in keyed:
            first.setdefault(key, recorded)
        return self.load(connection, [key for key, recorded in first.items() if type(recorded.event) not in self._births])

    def save(self, connection: Connection, rows: Mapping[str, S]) -> None:
        """Insert or replace rows."""
        values = [{self._key.name: key, self._held_in: _encode(row).decode(), **self._columns(row)} for key, row in rows.items()]
        upsert(connection, self._table, values)

    def fold(self, connection: Connection, keyed: Sequence[tuple[str, Recorded]], fold: Fold[S]) -> None:
        """Fold events, each with its row's key, in their order."""
        rows: dict[str, S] = self.before(connection, keyed)
        changed: dict[str, S] = {}
        for key, recorded in keyed:
            before = rows.get(key)
            row = fold(before, recorded)
            if row is not None and row is not before:
                rows[key] = changed[key] = row
        self.save(connection, changed)


def upsert(connection: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, replacing those of the same primary key."""
    if not values:
        return
    statement = _insert(connection, table)
    changed = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    keys = [column.name for column in table.primary_key.columns]
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), list(values))


def insert_new(connection: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, leaving alone those that are there."""
    if values:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), list(values))


def _insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
