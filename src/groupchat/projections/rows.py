"""Rows: what the fold of a view holds, one row per key, loaded and saved a batch at a time.

A batch costs one SELECT of the rows that it concerns and one upsert of those that changed, however it is cut.

A row is guarded by the position of the last event that changed it: what is not above it is skipped, and a row is only replaced by
a newer one. So whoever brings a key's events in their order, without a gap above the row, may bring them any number of times, also
while another does.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Generic, Literal, TypeVar

import msgspec
from sqlalchemy import JSON, Connection, Table, Text, bindparam, cast, column, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.elements import KeyedColumnElement

from groupchat.values.event import EVENT_TYPES, Event, Recorded

S = TypeVar("S", bound=msgspec.Struct)
Fold = Callable[[S | None, Recorded], S | None]
Columns = Callable[[S], dict[str, Any]]

CODE_POINTS = Text().with_variant(Text(collation="C"), "postgresql")
"""Text in the order of its code points, on every database."""

_encode = msgspec.json.Encoder().encode
_NO_ROW = (0, None)


def events_named(prefix: str) -> frozenset[type[Event]]:
    """Return the types of the events whose wire name begins so; import the aggregate that defines them first."""
    return frozenset(kind for name, kind in EVENT_TYPES.items() if name.startswith(prefix))


OnConflict = Literal["replace", "replace older", "keep"]
"""What becomes of a row that is there: `replace older` replaces one of a lower `position`."""


class Rows(Generic[S]):
    """The rows of a table with one text key, a `position`, and a column of JSON (`held_in`) that holds what the fold needs.

    `columns` gives a row's other columns. An event of a type in `births` begins a row, so such a key is not looked up.
    """

    def __init__(
        self, table: Table, shape: type[S], columns: Columns[S], *, held_in: str = "state", births: Collection[type[Event]]
    ) -> None:
        (self._key,) = table.primary_key.columns
        self._table, self._columns, self._held_in, self._births = table, columns, held_in, frozenset(births)
        self._decode = msgspec.json.Decoder(shape).decode
        self._select = select(self._key, table.c.position, table.c[held_in]).where(self._key.in_(bindparam("keys", expanding=True)))

    def load(self, connection: Connection, keys: Collection[str]) -> dict[str, S]:
        """Return the rows that there are, by key."""
        return {key: row for key, (_, row) in self._load(connection, keys).items()}

    def fold(self, connection: Connection, keyed: Sequence[tuple[str, Recorded]], fold: Fold[S]) -> None:
        """Fold events, each with its row's key, in their order; those that a row has already change nothing."""
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
        """Return the rows that events go on from, each with its position."""
        first: dict[str, Recorded] = {}
        for key, recorded in keyed:
            first.setdefault(key, recorded)
        return self._load(connection, [key for key, recorded in first.items() if type(recorded.event) not in self._births])

    def _load(self, connection: Connection, keys: Collection[str]) -> dict[str, tuple[int, S]]:
        if not keys:
            return {}
        found = connection.execute(self._select, {"keys": list(keys)})
        return {key: (position, self._decode(held)) for key, position, held in found}

    def _save(self, connection: Connection, rows: Mapping[str, tuple[int, S]]) -> None:
        values = [
            {self._key.name: key, "position": position, self._held_in: _encode(row).decode(), **self._columns(row)}
            for key, (position, row) in rows.items()
        ]
        _write(connection, self._table, values, "replace older")


def upsert(connection: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, replacing those of the same primary key."""
    _write(connection, table, values, "replace")


def insert_new(connection: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, leaving alone those that are there."""
    _write(connection, table, values, "keep")


def _write(connection: Connection, table: Table, values: Sequence[Mapping[str, Any]], on_conflict: OnConflict) -> None:
    if not values:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(_insert_many(table, on_conflict), list(values))
    else:
        connection.execute(_insert_json(table, on_conflict), {"rows": _encode(values).decode()})


@cache
def _insert_many(table: Table, on_conflict: OnConflict) -> sqlite.Insert:
    statement = sqlite.insert(table)
    if on_conflict == "keep":
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(**_replacing(table, statement.excluded, on_conflict))


@cache
def _insert_json(table: Table, on_conflict: OnConflict) -> postgresql.Insert:
    """Return an insert of rows that come as one JSON value: the driver would quote each of their values by itself."""
    rows = func.json_to_recordset(cast(bindparam("rows", type_=Text), JSON)).table_valued(
        *(column(each.name, each.type) for each in table.columns)
    )
    source = select(rows.alias("source").render_derived(with_types=True))
    statement = postgresql.insert(table).from_select([each.name for each in table.columns], source)
    if on_conflict == "keep":
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(**_replacing(table, statement.excluded, on_conflict))


def _replacing(
    table: Table, excluded: ReadOnlyColumnCollection[str, KeyedColumnElement[Any]], on_conflict: OnConflict
) -> dict[str, Any]:
    return {
        "index_elements": list(table.primary_key),
        "set_": {each.name: excluded[each.name] for each in table.columns if not each.primary_key},
        "where": table.c.position < excluded.position if on_conflict == "replace older" else None,
    }
