"""Comparing two copies of a table: by a hash of each, and row by row if the hashes differ.

Both copies are read over one connection, in one snapshot. Neither copy is held in memory.
"""

from collections.abc import Iterable
from hashlib import blake2b

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    Text,
    and_,
    cast,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
)

_AT_ONCE = 1_000


class Digest(Struct, frozen=True):
    """The number of rows in tables, and a hash of them that doesn't depend on their order."""

    rows: int
    hash: str


class Pair:
    """A table and its copy in another schema, which will replace it."""

    def __init__(self, old: Table, new: Table) -> None:
        self.old = old
        self.new = new.alias("rebuilt")  # otherwise, the names of their columns could be confused

    @property
    def _same_key(self) -> ColumnElement[bool]:
        return and_(*(key == self.new.c[key.name] for key in self.old.primary_key))

    def _changed(self) -> Select[tuple[object, ...]]:
        """Return the copy's rows that are missing or different in the table."""
        differs = or_(*(column.is_distinct_from(self.new.c[column.name]) for column in self.old.columns))
        return select(self.new).select_from(self.new.outerjoin(self.old, self._same_key)).where(differs)

    def _gone(self) -> ColumnElement[bool]:
        """Return the condition for the table's rows that are missing in the copy."""
        return ~select(1).select_from(self.new).where(self._same_key).correlate(self.old).exists()

    def differing(self, connection: Connection) -> int:
        """Return the number of rows that are in only one of the two, or that differ."""
        changed = select(func.count()).select_from(self._changed().subquery())
        gone = select(func.count()).select_from(self.old).where(self._gone())
        return connection.execute(changed).scalar_one() + connection.execute(gone).scalar_one()

    def bring_over(self, connection: Connection) -> None:
        """Give the table the content of the copy, on SQLite; equal rows are not written."""
        connection.execute(delete(self.old).where(self._gone()))
        names = [column.name for column in self.old.columns]
        connection.execute(insert(self.old).prefix_with("OR REPLACE").from_select(names, self._changed()))


def digest_of(connection: Connection, tables: Iterable[Table]) -> Digest:
    """Return the digest of tables; equal copies have equal digests on the same kind of database."""
    hash_rows = _hashed_here if connection.dialect.name == "sqlite" else _hashed_there
    counted = [hash_rows(connection, table) for table in tables]
    return Digest(sum(rows for rows, _ in counted), blake2b(repr(counted).encode(), digest_size=8).hexdigest())


def _hashed_here(connection: Connection, table: Table) -> tuple[int, int]:
    rows = total = 0
    for row in connection.execute(select(table).execution_options(yield_per=_AT_ONCE)):
        rows += 1
        total += int.from_bytes(blake2b(repr(tuple(row)).encode(), digest_size=8).digest())
    return rows, total


def _hashed_there(connection: Connection, table: Table) -> tuple[int, int]:
    each = cast(literal_column("each_row"), Text)
    query = select(func.count(), func.coalesce(func.sum(func.hashtextextended(each, 0)), 0))
    rows, total = connection.execute(query.select_from(table.alias("each_row"))).one()
    return rows, int(total)
