"""Exporting the directory as a CSV file, in the format of an import (R22, R54)."""

import csv
from collections.abc import AsyncIterator, Iterable, Sequence
from io import StringIO

import msgspec

from groupchat.commands.caller import Caller
from groupchat.http.calls.handled import Handled
from groupchat.http.calls.positions import read_min_position
from groupchat.http.calls.spec import EVERYWHERE
from groupchat.http.documents import examples
from groupchat.http.inputs.sheets import safe
from groupchat.http.services import Services
from groupchat.http.web.codec import decode_query
from groupchat.http.web.operation import Content, NoQuery, Operation, Response
from groupchat.http.web.reply import CSV, Pieces, Reply, encode_json
from groupchat.http.web.request import Incoming
from groupchat.projections.contacts import VIEW, ContactFilter, ContactView
from groupchat.projections.paging import Page, PageRequest
from groupchat.queries import contacts

EXPORT = "/v1/contacts/export"
_PAGE = 200
_HEAD = ("external_id", "name", "number", "secondary_numbers", "assigned_to", "dnd", "metadata")


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
