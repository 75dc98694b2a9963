"""Contacts as a sheet: reading people's CSV files line by line (R54)."""

import csv
import re
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from io import TextIOWrapper
from itertools import chain
from typing import IO

import msgspec
from msgspec import Struct, ValidationError, convert

from groupchat.http.inputs.bodies import ContactPut, read_external_id
from groupchat.http.web.codec import misfit
from groupchat.values.errors import InvalidRequestError

COLUMNS = {
    "name": ("name", "full name", "contact", "contact name"),
    "first": ("first name", "firstname", "given name"),
    "last": ("last name", "lastname", "family name", "surname"),
    "number": ("number", "phone", "phone number", "mobile", "mobile phone", "cell", "cell phone", "telephone"),
    "secondary_numbers": ("secondary_numbers", "secondary numbers", "other numbers", "other phones"),
    "external_id": ("external_id", "external id", "id", "contact id", "record id"),
    "assigned_to": ("assigned_to", "assigned to"),
    "dnd": ("dnd", "do not disturb"),
    "metadata": ("metadata",),
}
"""The possible headings of each column, without regard to case."""
_HEADINGS = {heading: field for field, headings in COLUMNS.items() for heading in headings}
_METADATA = "metadata."
_YES, _NO = frozenset({"yes", "true", "1", "x", "y"}), frozenset({"no", "false", "0", "n"})
_ROUNDED = re.compile(r"[0-9]([.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)
_DECIMAL = re.compile(r"(\+?[0-9]{7,15})[.,]0+")
"""A number that a program has exported as a decimal, with all of its digits."""
_NAMED_SEPARATOR = re.compile(r"sep=([,;\t])", re.IGNORECASE)
"""The line with which Excel says what separates cells, before the headings."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Characters that make a spreadsheet mistake a cell for a formula."""
_PIECE = 65_536
_LONGEST_LINE = 16 * _PIECE
"""About how many bytes a line can have. A line is parsed in one step, and one with millions of cells would hold up all others."""


class SheetLine(Struct, frozen=True, kw_only=True):
    """A line of a sheet, by its number in the file: a contact, or the reason why there is none."""

    number: int
    external_id: str | None = None
    contact: ContactPut | None = None
    fault: InvalidRequestError | None = None


def encoding_of(file: IO[bytes]) -> str:
    """Return a file's encoding: from its byte order mark, UTF-8 if the whole file is valid, else that of Western Windows."""
    mark = file.read(4)
    file.seek(0)
    if mark.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    decoder = getincrementaldecoder("utf-8")()
    try:
        for piece in iter(partial(file.read, _PIECE), b""):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    finally:
        file.seek(0)
    return "utf-8-sig"


def require_lines(file: IO[bytes]) -> None:
    """Raise `InvalidRequestError` for a file with a line that no table of contacts has, in any encoding."""
    since = 0
    for piece in iter(partial(file.read, _PIECE), b""):
        ends = max(piece.rfind(b"\n"), piece.rfind(b"\r"))
        since = since + len(piece) if ends < 0 else len(piece) - ends
        if since > _LONGEST_LINE:
            raise InvalidRequestError("body", f"A line has more than {_LONGEST_LINE:,} bytes. Send a CSV file.", "out-of-range")
    file.seek(0)


class _Text:
    """A file's lines and an empty one after them, which ends a cell that was still open."""

    def __init__(self, text: TextIOWrapper) -> None:
        self._text = text
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        yield from self._text
        self.ended = True
        yield "\n"


def read_lines(file: IO[bytes], encoding: str) -> Iterator[SheetLine]:
    """Return a sheet's lines, and close it after the last one; raises `InvalidRequestError` if no heading names the number."""
    with TextIOWrapper(file, encoding, errors="replace", newline="") as text:
        head = text.readline()
        if named := _NAMED_SEPARATOR.fullmatch(head.rstrip("\r\n")):
            head = text.readline()
        separator = named[1] if named else max(",;\t", key=head.count)
        rest = _Text(text)
        rows = csv.reader(chain([head], rest), delimiter=separator)
        fields = [_field(heading) for heading in next(rows, [])]
        if "number" not in fields:
            detail = "The first line has no column for the number. Name one of its columns number or phone."
            raise InvalidRequestError("body", detail, "missing")
        before = 2 if named else 1
        while True:
            begins = rows.line_num + before
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error:  # a cell is too long
                yield _unclosed(begins, rows.line_num + before - 1)
                continue
            if cells and rest.ended:
                yield _unclosed(begins, rows.line_num + before - 2)
            elif any(cell.strip() for cell in cells):
                yield _line(begins, fields, cells)


def _unclosed(first: int, last: int) -> SheetLine:
    lines = "This line is" if first == last else f"Lines {first} to {last} are"
    detail = f"{lines} not imported: a cell is too long, or its quotation mark is not closed. Correct it, and import again."
    return SheetLine(number=first, fault=InvalidRequestError("line", detail, "unreadable"))


def _field(heading: str) -> str | None:
    plain = heading.strip().casefold()
    return heading.strip() if plain.startswith(_METADATA) else _HEADINGS.get(plain)


def _line(number: int, fields: Sequence[str | None], cells: Sequence[str]) -> SheetLine:
    found: dict[str, str] = {}
    for field, cell in zip(fields, cells, strict=False):
        if field is not None and cell.strip():
            found.setdefault(field, _plain(cell))
    try:
        external_id = read_external_id(found["external_id"]) if "external_id" in found else None
        return SheetLine(number=number, external_id=external_id, contact=_contact(found))
    except InvalidRequestError as fault:
        return SheetLine(number=number, fault=fault)


def _contact(found: dict[str, str]) -> ContactPut:
    if "\N{REPLACEMENT CHARACTER}" in "".join(found.values()):
        raise InvalidRequestError("line", "This line is not in the file's encoding. Save the file as UTF-8.", "unreadable")
    for field in ("number", "secondary_numbers"):
        if _ROUNDED.fullmatch(found.get(field, "")):
            detail = (
                f"A spreadsheet has rounded this number to {found[field]}. Format its column as text, and export the file again."
            )
            raise InvalidRequestError(field, detail, "bad-format")
    given: dict[str, object] = {"assigned_to": found["assigned_to"]} if "assigned_to" in found else {}
    given |= {"number": _number(found["number"])} if "number" in found else {}
    name = found.get("name") or " ".join(found[part] for part in ("first", "last") if part in found)
    given |= {"name": name} if name else {}
    given |= {"secondary_numbers": _several(found["secondary_numbers"])} if "secondary_numbers" in found else {}
    given |= {"dnd": _yes_or_no(found["dnd"])} if "dnd" in found else {}
    metadata = {field[len(_METADATA) :]: cell for field, cell in found.items() if field.casefold().startswith(_METADATA)}
    metadata |= _json(found["metadata"]) if "metadata" in found else {}
    given |= {"metadata": metadata} if metadata else {}
    try:
        return convert(given, ContactPut)
    except ValidationError as error:
        raise misfit(error, ContactPut) from error


def safe(cell: str) -> str:
    """Return a cell that no spreadsheet mistakes for a formula, with an apostrophe in front, which reading removes."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _plain(cell: str) -> str:
    stripped = cell.strip()
    return stripped[1:] if stripped.startswith("'") and stripped[1:].startswith(_FORMULA) else stripped


def _json(cell: str) -> dict[str, str]:
    try:
        return msgspec.json.decode(cell, type=dict[str, str])
    except msgspec.MsgspecError as error:
        raise InvalidRequestError("metadata", "Use a JSON object of texts.", "bad-format") from error


def _several(cell: str) -> Iterable[str]:
    return [_number(number.strip()) for number in re.split(r"[;|\n]", cell) if number.strip()]


def _number(cell: str) -> str:
    decimal = _DECIMAL.fullmatch(cell)
    return decimal[1] if decimal else cell.removeprefix("tel:")


def _yes_or_no(cell: str) -> bool:
    plain = cell.casefold()
    if plain not in _YES | _NO:
        raise InvalidRequestError("dnd", "Use yes or no.", "bad-format")
    return plain in _YES
