"""Inserting many rows at once, on both databases. The caller chooses what happens to existing rows."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal

import msgspec
from sqlalchemy import JSON, Connection, Dialect, Insert, Select, Table, Text, bindparam, cast, column, func, select
from sqlalchemy import table as table_named
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.elements import KeyedColumnElement

from groupchat.store.copying import FEW, insert_copied

_encode = msgspec.json.Encoder().encode
_SQLITE, _POSTGRES = (make_url(f"{backend}://").get_dialect()() for backend in ("sqlite", "postgresql"))

OnConflict = Literal["replace", "replace older", "keep"]
"""The handling of an existing row. `replace older` replaces a row with a lower `position`."""


def upsert(connection: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, replacing rows with the same primary key."""
    _write(connection, table, values, "replace")


def upsert_newer(connection: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, replacing rows with the same primary key and a lower `position`."""
    _write(connection, table, values, "replace older")


def insert_new(connection: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, leaving existing rows unchanged."""
    _write(connection, table, values, "keep")


def insert_new_together(connection: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
    """Do the same in one statement.

    Other inserts on SQLite are a statement for each row, which is quicker, but not if a full-text index follows by a trigger: FTS5
    writes a piece of its index at the end of each statement (28 µs a message, 10 µs together).
    """
    if connection.dialect.name == "sqlite" and values:
        names = table.columns.keys()
        rows = _encode([[row[name] for name in names] for row in values]).decode()
        connection.exec_driver_sql(_insert_json_sqlite(table), (rows,))
    else:
        insert_new(connection, table, values)


def _write(connection: Connection, table: Table, values: Sequence[Mapping[str, Any]], on_conflict: OnConflict) -> None:
    if not values:
        return
    if connection.dialect.name == "sqlite":
        names = table.columns.keys()
        connection.exec_driver_sql(_insert_many(table, on_conflict), [tuple(map(row.get, names)) for row in values])
    elif len(values) < FEW or not insert_copied(connection, table, values, _insert_copied(table, on_conflict)):
        connection.exec_driver_sql(_insert_json(table, on_conflict), {"rows": _encode(values).decode()})


@cache
def _insert_many(table: Table, on_conflict: OnConflict) -> str:
    """Return an insert of a row. It is compiled once: SQLAlchemy does not cache an insert that says what to do on a conflict."""
    statement = sqlite.insert(table)
    if on_conflict == "keep":
        return _compiled(statement.on_conflict_do_nothing(), _SQLITE)
    return _compiled(statement.on_conflict_do_update(**_replacing(table, statement.excluded, on_conflict)), _SQLITE)


@cache
def _insert_json(table: Table, on_conflict: OnConflict) -> str:
    """Return an insert of rows that are passed as one JSON value, because the driver would quote each value separately."""
    rows = func.json_to_recordset(cast(bindparam("rows", type_=Text), JSON)).table_valued(
        *(column(each.name, each.type) for each in table.columns)
    )
    return _insert_from(select(rows.alias("source").render_derived(with_types=True)), table, on_conflict)


@cache
def _insert_copied(table: Table, on_conflict: OnConflict) -> str:
    """Return an insert of the rows that a temporary table has."""
    copied = table_named("copied", *(column(each.name, each.type) for each in table.columns))
    return _insert_from(select(copied), table, on_conflict)


def _insert_from(source: Select[Any], table: Table, on_conflict: OnConflict) -> str:
    statement = postgresql.insert(table).from_select([each.name for each in table.columns], source)
    if on_conflict == "keep":
        return _compiled(statement.on_conflict_do_nothing(), _POSTGRES)
    return _compiled(statement.on_conflict_do_update(**_replacing(table, statement.excluded, on_conflict)), _POSTGRES)


@cache
def _insert_json_sqlite(table: Table) -> str:
    values = ", ".join(f"json_extract(value, '$[{n}]')" for n in range(len(table.columns)))
    names = ", ".join(table.columns.keys())
    return f"INSERT INTO {table.name} ({names}) SELECT {values} FROM json_each(?) WHERE true ON CONFLICT DO NOTHING"  # noqa: S608 - names of this code


def _compiled(statement: Insert, dialect: Dialect) -> str:
    return str(statement.compile(dialect=dialect))


def _replacing(
    table: Table, excluded: ReadOnlyColumnCollection[str, KeyedColumnElement[Any]], on_conflict: OnConflict
) -> dict[str, Any]:
    return {
        "index_elements": list(table.primary_key),
        "set_": {each.name: excluded[each.name] for each in table.columns if not each.primary_key},
        "where": table.c.position < excluded.position if on_conflict == "replace older" else None,
    }
