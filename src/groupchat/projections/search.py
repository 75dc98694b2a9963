"""Search: text as a substring, numbers in any written form (R27, R29), with the same results on every database.

Case, accents and apostrophes make no difference in any script. Both sides are folded here (`values/text.py`), so the database
compares code points, and its own idea of case does not matter.

A search that finds nothing must not read a large directory or inbox row by row. On Postgres, a GIN index of pieces (`pieces`)
answers it: of 100,000 contacts in 2 to 5 ms instead of 300 to 500. SQLite reads only an index with these columns, in 25 to 60 ms.
"""

from collections.abc import Iterable

from msgspec import Struct
from sqlalchemy import Column, ColumnElement, Connection, Text, and_, func, or_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.functions import Function

from groupchat.values import phone
from groupchat.values.errors import InvalidRequestError
from groupchat.values.text import folded
from groupchat.values.written_number import digits_in

_LONGEST = 3
_MARK = 6
"""The end of a workspace's id that marks its pieces. Two workspaces with the same mark cost each other time, and nothing else."""


def folded_line(text: str) -> str:
    """Return a text in its searchable form, on one line."""
    return folded(text).replace("\n", " ")


def folded_lines(texts: Iterable[str | None]) -> str:
    """Return texts in their searchable form, one per line."""
    return "\n".join(folded_line(text) for text in texts if text)


def digit_lines(numbers: Iterable[str]) -> str:
    """Return the digits of E.164 numbers in their searchable form, one per line."""
    return "\n".join(number.removeprefix("+") for number in numbers)


def pieces(owner: str, lines: Iterable[str]) -> str:
    """Return the distinct pieces of up to three characters that lines in searchable form have, one per line.

    Each begins with a mark of the workspace that owns them, so that an index of many workspaces' pieces keeps them apart.
    """
    mark = owner[-_MARK:]
    found = {line[at : at + size] for line in lines for size in range(1, _LONGEST + 1) for at in range(len(line) - size + 1)}
    return "\n".join(sorted(mark + piece for piece in found))


def listed(pieces: Column[str]) -> Function[list[str]]:
    """Return a column of pieces as the array that Postgres indexes."""
    return func.string_to_array(pieces, "\n", type_=ARRAY(Text))


class Searchable(Struct, frozen=True):
    """The columns of a table that are searched: its text, its lines of digits, and their pieces."""

    text: Column[str]
    digits: Column[str]
    pieces: Column[str]


class Query(Struct, frozen=True):
    """A person's search: a text, and its digits if it is a number or a part of one."""

    text: str
    digits: tuple[str, ...]

    def finds(self, text: str, digits: str) -> bool:
        """Return whether it is found in folded lines and lines of digits."""
        return self.text in text or any(some in digits for some in self.digits)

    def condition(self, connection: Connection, text: Column[str], digits: Column[str]) -> ColumnElement[bool]:
        """Return the same as a condition on two columns."""
        place = func.instr if connection.dialect.name == "sqlite" else func.strpos
        return or_(place(text, self.text) > 0, *(place(digits, some) > 0 for some in self.digits))

    def indexed(self, connection: Connection, owner: str, searched: Searchable) -> ColumnElement[bool]:
        """Return the same as a condition on columns whose pieces are indexed."""
        exact = self.condition(connection, searched.text, searched.digits)
        if connection.dialect.name == "sqlite":
            return exact
        return and_(or_(*(_has_pieces(owner, searched.pieces, each) for each in (self.text, *self.digits))), exact)


def query_for(written: str | None) -> Query | None:
    """Return the query of a person's input; none if it matches everything: blank, or only apostrophes.

    Raises `InvalidRequestError` for NUL, which no text contains.
    """
    if written is None:
        return None
    if "\x00" in written:
        raise InvalidRequestError("q", "A search can't contain NUL.", "bad-format")
    text = folded_line(written)
    return Query(text, tuple(dict.fromkeys(_digits(written)))) if text else None


def _has_pieces(owner: str, column: Column[str], sought: str) -> ColumnElement[bool]:
    size = min(len(sought), _LONGEST)
    wanted = {owner[-_MARK:] + sought[at : at + size] for at in range(len(sought) - size + 1)}
    return listed(column).contains(sorted(wanted))


def _digits(written: str) -> Iterable[str]:
    if digits := digits_in(written):
        yield digits
    try:
        yield phone.to_e164(written).removeprefix("+")
    except phone.InvalidNumberError:
        return
