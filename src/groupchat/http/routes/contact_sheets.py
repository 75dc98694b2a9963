"""Importing contacts from a CSV file, line by line (R54).

An import first reads the whole file, onto the disk, so neither side waits for the other. Then it answers line by line, as JSON
Lines. It can be repeated, because a line that changes nothing is `unchanged`, and continued after the last line that was answered
(docs/adr/0024).
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import chain, islice
from typing import IO, Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import asdict

from groupchat.commands.caller import Caller
from groupchat.commands.contact_lines import SheetContact, take_line
from groupchat.http.calls.call import Call
from groupchat.http.calls.handled import Handled
from groupchat.http.calls.spec import EVERYWHERE
from groupchat.http.documents import examples
from groupchat.http.guards import permits
from groupchat.http.inputs.parameters import QueryParameters
from groupchat.http.inputs.sheets import SheetLine, encoding_of, read_lines, require_lines
from groupchat.http.services import Services
from groupchat.http.web.codec import decode_query, read_file
from groupchat.http.web.operation import Body, Content, Operation, Response
from groupchat.http.web.reply import JSON_LINES, Pieces, Reply, encode_json
from groupchat.http.web.request import Incoming
from groupchat.store.terms import NO_TERMS
from groupchat.values.errors import InvalidRequestError, RefusalError

IMPORT = "/v1/contacts/import"
AT_ONCE = 32
"""The number of lines that are handled at a time."""
_SHEET = Annotated[str, Meta(extra_json_schema={"format": "binary"})]


class ImportQuery(QueryParameters, frozen=True, kw_only=True):
    """The part of the file to import."""

    after_line: Annotated[
        int,
        Meta(ge=0, le=2**31, description="Skip the lines up to this one: the last one that an interrupted import answered."),
    ] = 0


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
    query = decode_query(ImportQuery, incoming.scope["query_string"])
    if incoming.headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != b"text/csv":
        raise InvalidRequestError("content-type", "Send the file as text/csv.", "unreadable")
    file = await read_file(incoming, services.body_seconds)
    await asyncio.to_thread(require_lines, file)
    encoding = await asyncio.to_thread(encoding_of, file)
    lines = await asyncio.to_thread(_begun, file, encoding, query.after_line)
    return Pieces(200, content_type=JSON_LINES, pieces=lambda: _take_all(Call(services, who, {}, NO_TERMS), lines, incoming))


def _begun(file: IO[bytes], encoding: str, after: int) -> Iterator[SheetLine]:
    """Return a file's lines after one, having checked its headings, so that a file without them is refused as a whole."""
    lines = (line for line in read_lines(file, encoding) if line.number > after)
    first = list(islice(lines, 1))
    return chain(first, lines)


async def _take_all(call: Call, lines: Iterator[SheetLine], incoming: Incoming) -> AsyncIterator[bytes]:
    """Handle lines, and return their results, then the summary. If the caller is gone, stop after the lines that are begun."""
    counts: Counter[str] = Counter()
    gone = asyncio.ensure_future(incoming.receive())  # the body was read, so nothing else can come
    try:
        while some := await asyncio.to_thread(lambda: list(islice(lines, AT_ONCE))):
            for result in await asyncio.gather(*_taking(call, some)):
                counts[result.outcome] += 1
                yield encode_json(result) + b"\n"
            if gone.done():
                return
        yield encode_json(_summary(counts, await asyncio.to_thread(call.store.log.head))) + b"\n"
    finally:
        gone.cancel()


def _summary(counts: Counter[str], position: int) -> ImportSummary:
    return ImportSummary(
        created=counts["created"],
        updated=counts["updated"],
        unchanged=counts["unchanged"],
        refused=counts["refused"],
        position=position,
    )


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


IMPORTING = """\
Add and change contacts from a CSV file of up to 64 MiB (R54). A line is the contact with its external id, or without one the
oldest contact with its number. The response comes line by line, as JSON Lines: each is a LineResult. The last one has `done`, the
numbers of lines that were `created`, `updated`, `unchanged` and `refused`, and the `position` that covers them. If it breaks off,
send the file again with the last `line` that you received as `after_line`. Without it, lines that are done are `unchanged`."""

import_contacts = Handled(
    Operation(
        method="POST",
        path=IMPORT,
        name="import_contacts",
        summary="Import contacts",
        description=IMPORTING,
        tag="contacts",
        query=ImportQuery,
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
