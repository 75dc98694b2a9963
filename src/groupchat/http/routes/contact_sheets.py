"""Contacts as CSV: importing a sheet line by line, and exporting the directory (R54).

An import first reads the whole file, onto the disk, so neither side waits for the other. Then it answers line by line, as JSON
Lines. It can be repeated, also after it broke off: a line that changes nothing is `unchanged`.
"""

import asyncio
import csv
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from io import StringIO
from itertools import chain, islice
from typing import IO, Annotated, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import asdict

from groupchat.commands.caller import Caller
from groupchat.commands.contact_lines import SheetContact, take_line
from groupchat.http.calls.call import Call
from groupchat.http.calls.handled import Handled
from groupchat.http.calls.positions import read_min_position
from groupchat.http.calls.spec import EVERYWHERE
from groupchat.http.documents import examples
from groupchat.http.guards import permits
from groupchat.http.inputs.sheets import SheetLine, encoding_of, read_lines, safe
from groupchat.http.services import Services
from groupchat.http.web.codec import decode_query, read_file
from groupchat.http.web.operation import Body, Content, NoQuery, Operation, Response
from groupchat.http.web.reply import CSV, JSON_LINES, Pieces, Reply, encode_json
from groupchat.http.web.request import Incoming
from groupchat.projections.contacts import VIEW, ContactFilter, ContactView
from groupchat.projections.paging import Page, PageRequest
from groupchat.queries import contacts
from groupchat.store.terms import NO_TERMS
from groupchat.values.errors import InvalidRequestError, RefusalError

IMPORT = "/v1/contacts/import"
EXPORT = "/v1/contacts/export"
AT_ONCE = 32
"""The number of lines that are handled at a time."""
_PAGE = 200
_SHEET = Annotated[str, Meta(extra_json_schema={"format": "binary"})]
_HEAD = ("external_id", "name", "number", "secondary_numbers", "assigned_to", "dnd", "metadata")


class LineResult(Struct, frozen=True, kw_only=True):
    """The outcome of a line of the file; `problem` says why it was refused.

    `same_number_as` has the other contacts with one of its numbers that the caller can see: perhaps the same person.
    """

    line: int
    outcome: Literal["created", "updated", "unchanged", "refused"]
    contact_id: str | None = None
    problem: str | None = None
    same_number_as: tuple[str, ...] = ()


class ImportSummary(Struct, frozen=True, kw_only=True):
    """The last line of the response: how many lines had each outcome. If it is missing, the import was interrupted."""

    done: bool = True
    created: int
    updated: int
    unchanged: int
    refused: int
    position: int


async def _import(services: Services, incoming: Incoming, who: Caller) -> Reply:
    await permits.writes.judge(services.views, who, {})
    decode_query(NoQuery, incoming.scope["query_string"])
    if incoming.headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != b"text/csv":
        raise InvalidRequestError("content-type", "Send the file as text/csv.", "unreadable")
    file = await read_file(incoming, services.body_seconds)
    encoding = await asyncio.to_thread(encoding_of, file)
    lines = await asyncio.to_thread(_begun, file, encoding)
    return Pieces(200, content_type=JSON_LINES, pieces=lambda: _take_all(Call(services, who, {}, NO_TERMS), lines))


def _begun(file: IO[bytes], encoding: str) -> Iterator[SheetLine]:
    """Return a file's lines, after checking the first one, so that a file without headings is refused as a whole."""
    lines = read_lines(file, encoding)
    first = list(islice(lines, 1))
    return chain(first, lines)


async def _take_all(call: Call, lines: Iterator[SheetLine]) -> AsyncIterator[bytes]:
    counts: Counter[str] = Counter()
    while some := await asyncio.to_thread(lambda: list(islice(lines, AT_ONCE))):
        for result in await asyncio.gather(*_taking(call, some)):
            counts[result.outcome] += 1
            yield encode_json(result) + b"\n"
    summary = ImportSummary(
        created=counts["created"],
        updated=counts["updated"],
        unchanged=counts["unchanged"],
        refused=counts["refused"],
        position=await asyncio.to_thread(call.store.log.head),
    )
    yield encode_json(summary) + b"\n"


def _taking(call: Call, lines: Iterable[SheetLine]) -> Iterator[asyncio.Task[LineResult]]:
    """Start handling lines concurrently, but those of one contact in order."""
    before: dict[str, asyncio.Task[LineResult]] = {}
    for line in lines:
        key = line.external_id or (line.contact.number if line.contact else "")
        before[key] = asyncio.create_task(_take(call, line, before.get(key)))
        yield before[key]


async def _take(call: Call, line: SheetLine, after: asyncio.Task[LineResult] | None) -> LineResult:
    if after is not None:
        await asyncio.wait([after])
    try:
        taken = (await call.run(take_line, _given(line))).value
    except RefusalError as refusal:
        return LineResult(line=line.number, outcome="refused", problem=_why(refusal))
    return LineResult(line=line.number, **asdict(taken))


def _given(line: SheetLine) -> SheetContact:
    """Return a line's contact; raises the line's error."""
    if line.contact is None:
        raise line.fault or InvalidRequestError("line", "This line has no contact.")
    contact = line.contact
    return SheetContact(external_id=line.external_id, name=contact.name, number=contact.number, change=contact.change())


def _why(refusal: RefusalError) -> str:
    places = [error["loc"] for error in refusal.members.get("errors", ())]
    return f"{', '.join(places)}: {refusal.detail}" if places else refusal.detail


async def _export(services: Services, incoming: Incoming, who: Caller) -> Reply:
    decode_query(NoQuery, incoming.scope["query_string"])
    if position := read_min_position(incoming.headers):
        await services.views.wait_for((VIEW.name,), position)
    headers = ((b"content-disposition", b'attachment; filename="contacts.csv"'),)
    first = await contacts.page(services.views, who, ContactFilter(), PageRequest(limit=_PAGE))
    return Pieces(200, content_type=CSV, headers=headers, pieces=lambda: _rows(services, who, first))


async def _rows(services: Services, who: Caller, page: Page) -> AsyncIterator[bytes]:
    yield _csv([_HEAD])
    while True:
        yield _csv(_row(msgspec.json.decode(item, type=ContactView)) for item in page.items)
        if page.next_cursor is None:
            return
        page = await contacts.page(services.views, who, ContactFilter(), PageRequest(page.next_cursor, _PAGE))


def _row(contact: ContactView) -> Sequence[str]:
    """Return a contact's cells. Numbers are `tel:` URIs, because spreadsheets drop the plus sign of a bare number."""
    return (
        safe(contact.external_id or ""),
        safe(contact.name),
        f"tel:{contact.number}",
        ";".join(f"tel:{number}" for number in contact.secondary_numbers),
        contact.assigned_to or "",
        "yes" if contact.dnd else "no",
        encode_json(contact.metadata).decode() if contact.metadata else "",
    )


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


IMPORTING = """\
Add and change contacts from a CSV file of up to 64 MiB (R54). A line is the contact with its external id, or without one the oldest
contact with its number. The answer comes line by line, as JSON Lines: each is a LineResult. The last one has `done`, the numbers of
lines that were `created`, `updated`, `unchanged` and `refused`, and the `position` that covers them. If it breaks off, send the
file again: lines that are done are `unchanged`."""

import_contacts = Handled(
    Operation(
        method="POST",
        path=IMPORT,
        name="import_contacts",
        summary="Import contacts",
        description=IMPORTING,
        tag="contacts",
        body=Body(type=_SHEET, media="text/csv", examples={"sheet": examples.CONTACT_SHEET}),
        responses=(
            Response(
                status=200,
                description="The outcome of each line.",
                contents={"application/jsonl": Content(shape=LineResult, example=examples.LINE_RESULT)},
            ),
        ),
        problems=(*EVERYWHERE, "not-permitted", "payload-too-large", "request-timeout", "unsupported-encoding"),
    ),
    _import,
)
export_contacts = Handled(
    Operation(
        method="GET",
        path=EXPORT,
        name="export_contacts",
        summary="Export contacts",
        description="Return the contacts that the caller can see as a CSV file, in the format of an import (R22, R54).",
        tag="contacts",
        parameters=("MinPosition",),
        responses=(
            Response(
                status=200,
                description="The contacts.",
                contents={"text/csv": Content(schema={"type": "string"}, example=examples.CONTACT_SHEET)},
                headers={"Content-Disposition": "ContentDisposition"},
            ),
        ),
        problems=(*EVERYWHERE, "position-ahead", "projection-behind"),
    ),
    _export,
)
