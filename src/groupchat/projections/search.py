"""Search: text as a substring, numbers in any written form (R27, R29), with the same results on every database.

Case, accents and apostrophes make no difference in any script. Both sides are folded here (`values/text.py`), so the database
compares code points, and its own idea of case does not matter.
"""

from collections.abc import Iterable

from msgspec import Struct
from sqlalchemy import Column, ColumnElement, Connection, func, or_

from groupchat.values import phone
from groupchat.values.errors import InvalidRequestError
from groupchat.values.text import folded
from groupchat.values.written_number import digits_in


def folded_line(text: str) -> str:
    """Return a text in its searchable form, on one line."""
    return folded(text).replace("\n", " ")


def folded_lines(texts: Iterable[str | None]) -> str:
    """Return texts in their searchable form, one per line."""
    return "\n".join(folded_line(text) for text in texts if text)


def digit_lines(numbers: Iterable[str]) -> str:
    """Return the digits of E.164 numbers in their searchable form, one per line."""
    return "\n".join(number.removeprefix("+") for number in numbers)


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


def _digits(written: str) -> Iterable[str]:
    if digits := digits_in(written):
        yield digits
    try:
        yield phone.to_e164(written).removeprefix("+")
    except phone.InvalidNumberError:
        return
