"""Search: text as a substring, numbers in any written form (R27, R29), alike on every database.

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
    """Return a text as it is searched, in one line."""
    return folded(text).replace("\n", " ")


def folded_lines(texts: Iterable[str | None]) -> str:
    """Return texts as they are searched, a line for each."""
    return "\n".join(folded_line(text) for text in texts if text)


def digit_lines(numbers: Iterable[str]) -> str:
    """Return the digits of E.164 numbers as they are searched, a line for each."""
    return "\n".join(number.removeprefix("+") for number in numbers)


class Query(Struct, frozen=True):
    """What a person searches for: a text, and the digits that it stands for if it is a number or a piece of one."""

    text: str
    digits: tuple[str, ...]

    def finds(self, text: str, digits: str) -> bool:
        """Tell whether it is found in folded lines and lines of digits."""
        return self.text in text or any(some in digits for some in self.digits)

    def condition(self, connection: Connection, text: Column[str], digits: Column[str]) -> ColumnElement[bool]:
        """Return the same as a condition on two columns."""
        place = func.instr if connection.dialect.name == "sqlite" else func.strpos
        return or_(place(text, self.text) > 0, *(place(digits, some) > 0 for some in self.digits))


def query_for(written: str | None) -> Query | None:
    """Return the query that a person wrote; none for one that asks for nothing: blank, or nothing but apostrophes.

    Raises `InvalidRequestError` for NUL, which no text has.
    """
    if written is None:
        return None
    if "\x00" in written:
        raise InvalidRequestError("q", "A search can't contain NUL.")
    text = folded_line(written)
    return Query(text, tuple(dict.fromkeys(_digits(written)))) if text else None


def _digits(written: str) -> Iterable[str]:
    if digits := digits_in(written):
        yield digits
    try:
        yield phone.to_e164(written).removeprefix("+")
    except phone.InvalidNumberError:
        return
