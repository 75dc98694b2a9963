"""The ledger: charges, and their monthly sums (R24 to R26)."""

import csv
from io import StringIO

from msgspec.structs import asdict, astuple, replace

from groupchat.http.calls.answers import Answer, Sheet
from groupchat.http.calls.call import Reading
from groupchat.http.calls.endpoint import endpoint
from groupchat.http.calls.lists import PageOf
from groupchat.http.calls.spec import Spec
from groupchat.http.documents import examples
from groupchat.http.inputs.parameters import LedgerQuery, StatementQuery
from groupchat.projections import inbox
from groupchat.projections.ledger import VIEW, EntryShown
from groupchat.projections.paging import Page
from groupchat.projections.statements import Statement, Sum
from groupchat.queries import ledger

ENTRIES = "/v1/ledger"


class SumShown(Sum, frozen=True, kw_only=True):
    """A sum; `entries_url` lists its entries."""

    entries_url: str


class StatementShown(Statement, frozen=True, kw_only=True):
    """A statement with links from its sums to their entries."""

    conversations: tuple[SumShown, ...]


@endpoint(
    Spec("GET", ENTRIES, "What was billed", "ledger", page=PageOf[EntryShown], example=examples.page(examples.ENTRY)),
    refuses=("not-found",),
    waits_for=(VIEW.name, inbox.VIEW.name),
)
async def read_ledger(call: Reading[LedgerQuery]) -> Answer[Page]:
    """List entries, oldest first: one per message and recipient, each naming its event. A credit has negative segments (R16)."""
    return Answer(await ledger.page(call.views, call.who, call.query.chosen, call.query.page))


@endpoint(
    Spec(
        "GET",
        "/v1/ledger/statement",
        "A month's statement",
        "ledger",
        example=examples.STATEMENT,
        sheet_example=examples.STATEMENT_SHEET,
    ),
    waits_for=(VIEW.name, inbox.VIEW.name),
)
async def read_statement(call: Reading[StatementQuery]) -> Answer[StatementShown]:
    """Sum a month's entries, in UTC, per business number and conversation; each sum links to its entries (R26). Also as CSV."""
    statement = _shown(await ledger.statement(call.views, call.who, call.query.first_day))
    if call.query.format != "csv":
        return Answer(statement)
    return Answer(statement, sheet=Sheet(f"statement-{statement.month}.csv", _sheet(statement)))


def _shown(statement: Statement) -> StatementShown:
    days = f"from={statement.from_.date()}&to={statement.to.date()}"
    sums = tuple(
        SumShown(**asdict(each), entries_url=f"{ENTRIES}?conversation_id={each.conversation_id}&{days}")
        for each in statement.conversations
    )
    return StatementShown(**asdict(statement) | {"conversations": sums})


def _sheet(statement: StatementShown) -> bytes:
    """Return a statement as CSV (RFC 4180).

    It contains no text from people, so no spreadsheet mistakes any for a formula. A business number is a `tel:` URI (RFC 3966),
    because a spreadsheet treats a plain one as a number, drops its plus sign and may round it.
    """
    written = StringIO(newline="")
    lines = csv.writer(written)
    lines.writerow(("month", *SumShown.__struct_fields__))
    figures = (replace(each, business_number=f"tel:{each.business_number}") for each in statement.conversations)
    lines.writerows((statement.month, *astuple(each)) for each in figures)
    return written.getvalue().encode()
