"""The ledger: what was billed, and its monthly sums (R24 to R26)."""

import csv
from io import StringIO

from msgspec.structs import astuple

from groupchat.commands import conversations
from groupchat.http.calls.endpoint import Answer, Reading, endpoint
from groupchat.http.documents import examples
from groupchat.http.inputs.parameters import LedgerQuery, StatementQuery, given, read_moment
from groupchat.http.views import sees_only, view
from groupchat.projections import inbox, ledger, statements
from groupchat.projections.ledger import Entry
from groupchat.projections.paging import Page
from groupchat.projections.statements import Statement, Sum


@endpoint(
    "GET",
    "/v1/ledger",
    summary="What was billed",
    refuses=("not-found",),
    waits_for=(ledger.VIEW.name,),
    items=Entry,
    example=examples.page(examples.ENTRY),
    tag="ledger",
)
async def read_ledger(call: Reading[LedgerQuery]) -> Answer[Page]:
    """List entries, oldest first: one per message and recipient, each naming its event. A credit has negative segments (R16)."""
    query = call.query
    if (conversation_id := given(query.conversation_id)) is not None:
        await conversations.require_visible(call.store, call.who, conversation_id)
    page = await view(
        call.store,
        ledger.page,
        call.who.workspace_id,
        sees_only=await sees_only(call),
        start=read_moment("query.from", query.from_),
        end=read_moment("query.to", query.to),
        conversation_id=conversation_id,
        cursor=given(query.cursor),
        limit=query.limit,
    )
    return Answer(page)


@endpoint(
    "GET",
    "/v1/ledger/statement",
    summary="A month's statement",
    waits_for=(ledger.VIEW.name, inbox.VIEW.name),
    example=examples.STATEMENT,
    sheet_example=examples.STATEMENT_SHEET,
    tag="ledger",
)
async def read_statement(call: Reading[StatementQuery]) -> Answer[Statement]:
    """Sum a month's entries, in UTC, per business number and conversation; each sum names its entries (R26). Also as CSV."""
    statement = await view(
        call.store, statements.statement, call.who.workspace_id, call.query.first_day, sees_only=await sees_only(call)
    )
    return Answer(statement, sheet=_sheet(statement) if call.query.format == "csv" else None)


def _sheet(statement: Statement) -> bytes:
    """Return a statement as CSV (RFC 4180): what people wrote is not in it, so no spreadsheet takes it for a formula."""
    written = StringIO(newline="")
    lines = csv.writer(written)
    lines.writerow(("month", *Sum.__struct_fields__))
    lines.writerows((statement.month, *astuple(each)) for each in statement.conversations)
    return written.getvalue().encode()
