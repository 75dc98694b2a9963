"""The view `ledger`: what was billed, one entry per message and recipient, each naming its event (R24, R25).

A withheld message's charge is canceled by entries with the opposite sign (R16). Entries are only added. A row is a line: everything
that one event adds, with its recipients. Sums per month, of entries and of what carriers charge (`carrier_costs.py`), are stored
next to the lines, in the same transaction (R26).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import reduce
from itertools import islice
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import asdict, replace
from sqlalchemy import Column, ColumnElement, Connection, Index, Row, Table, Text, select

from groupchat.aggregates.delivery_events import CostReported, Withheld
from groupchat.aggregates.group_events import AutoReplied, MessageSent
from groupchat.projections import carrier_costs
from groupchat.projections.assigned import has_participant, seen_by
from groupchat.projections.carrier_costs import CARRIER_COSTS, CarrierCost
from groupchat.projections.inbox import INBOX
from groupchat.projections.paging import FIRST_PAGE, Extract, Listed, Page, PageRequest, Position, extract
from groupchat.projections.rows import Rows
from groupchat.projections.view import View
from groupchat.store.tables import BIG, METADATA
from groupchat.store.upserts import insert_new
from groupchat.values.clock import month_of, to_micros
from groupchat.values.event import Moment, Recorded, of_types
from groupchat.values.money import Amount, Currency, Rate, amount_of, exact_product, exact_sum

LEDGER = Table(
    "ledger",
    METADATA,
    Column("position", BIG, primary_key=True, autoincrement=False),
    Column("workspace_id", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("at", BIG, nullable=False),
    Column("doc", Text, nullable=False),
    Index("ledger_of_workspace", "workspace_id", "position"),
    Index("ledger_of_conversation", "conversation_id", "position"),
)

LEDGER_SUMS = Table(
    "ledger_sums",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("workspace_id", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("month", Text, nullable=False),
    Column("position", BIG, nullable=False),
    Column("state", Text, nullable=False),
    Index("ledger_sums_of_month", "workspace_id", "month"),
)


class Source(Struct, frozen=True, kw_only=True, gc=False):
    """The event that an entry comes from: its stream and version there, and the conversation."""

    stream: str
    conversation_id: str
    version: int


class Entry(Struct, frozen=True, kw_only=True):
    """One message to one recipient; a credit has negative `segments`. `rate` and `amount` are exact decimals (R25)."""

    id: str
    at: Moment
    conversation_id: str
    message_id: str
    recipient: str
    kind: Literal["mms"] = "mms"
    segments: int
    rate: Amount
    amount: Amount
    currency: Currency
    event: Source


class EntryShown(Entry, frozen=True, kw_only=True):
    """An entry, and what the carrier charges for the same, if it has reported that; a credit has no such cost."""

    carrier_cost: CarrierCost | None


class EventCharge(Struct, frozen=True, kw_only=True, gc=False):
    """The charge of one event, which is the same for each of its recipients."""

    at: datetime
    message_id: str
    recipients: tuple[str, ...]
    segments: int
    rate: str
    amount: str
    currency: str
    event: Source

    def entries(self) -> tuple[Entry, ...]:
        """Return the line's entries, in the order of the recipients."""
        return tuple(
            Entry(
                id=f"{self.event.stream}/{self.event.version}/{n}",
                at=self.at,
                conversation_id=self.event.conversation_id,
                message_id=self.message_id,
                recipient=recipient,
                segments=self.segments,
                rate=self.rate,
                amount=self.amount,
                currency=self.currency,
                event=self.event,
            )
            for n, recipient in enumerate(self.recipients, start=1)
        )


def line_of(recorded: Recorded) -> EventCharge | None:
    """Return the line that an event adds to the ledger (R24)."""
    match recorded.event:
        case MessageSent() as event:
            return _line(recorded, event, event.recipients, event.rate)
        case AutoReplied() as event:
            return _line(recorded, event, (event.number,), event.rate)
        case Withheld(rate=Rate() as rate) as event:
            return _line(recorded, event, event.recipients, rate)
        case _:
            return None


def _line(recorded: Recorded, event: MessageSent | AutoReplied | Withheld, recipients: tuple[str, ...], rate: Rate) -> EventCharge:
    conversation_id, segments = (event.conversation_id, -1) if isinstance(event, Withheld) else (recorded.stream, 1)
    return EventCharge(
        at=recorded.at,
        message_id=event.message_id,
        recipients=recipients,
        segments=segments,
        rate=f"{rate.mms_segment:f}",
        amount=f"{amount_of(segments, rate):f}",
        currency=rate.currency,
        event=Source(stream=recorded.stream, conversation_id=conversation_id, version=recorded.version),
    )


class MonthSum(Struct, frozen=True, kw_only=True, gc=False):
    """The charges of a conversation in a month (`2026-11`, in UTC), in one currency; the amounts are exact (R25).

    `carrier_cost` is what the carrier reported in this month that it charges, for `costs_reported` recipients of messages.
    """

    workspace_id: str
    conversation_id: str
    month: str
    currency: str
    segments: int = 0
    amount: Decimal = Decimal(0)
    costs_reported: int = 0
    carrier_cost: Decimal = Decimal(0)

    @property
    def key(self) -> str:
        """The key of the row of this conversation, month and currency."""
        return f"{self.conversation_id}/{self.month}/{self.currency}"

    def plus(self, other: "MonthSum") -> "MonthSum":
        """Return the sum of both, exactly. What they are sums of is as here."""
        return replace(
            self,
            segments=self.segments + other.segments,
            amount=exact_sum(self.amount, other.amount),
            costs_reported=self.costs_reported + other.costs_reported,
            carrier_cost=exact_sum(self.carrier_cost, other.carrier_cost),
        )


def _of_line(recorded: Recorded, line: EventCharge) -> MonthSum:
    """Return what a line alone comes to."""
    count = len(line.recipients)
    return MonthSum(
        workspace_id=recorded.cause.workspace_id,
        conversation_id=line.event.conversation_id,
        month=month_of(recorded.at),
        currency=line.currency,
        segments=count * line.segments,
        amount=exact_product(count, Decimal(line.amount)),
    )


def _of_report(recorded: Recorded, event: CostReported) -> MonthSum:
    """Return what a carrier's report alone comes to."""
    return MonthSum(
        workspace_id=recorded.cause.workspace_id,
        conversation_id=event.conversation_id,
        month=month_of(recorded.at),
        currency=event.currency,
        costs_reported=len(event.costs),
        carrier_cost=reduce(exact_sum, (each.amount for each in event.costs)),
    )


def _columns(sum_: MonthSum) -> dict[str, Any]:
    return {"workspace_id": sum_.workspace_id, "conversation_id": sum_.conversation_id, "month": sum_.month}


_SUMS = Rows(LEDGER_SUMS, MonthSum, _columns, births=())
decode_line = msgspec.json.Decoder(EventCharge).decode
decode_sum = msgspec.json.Decoder(MonthSum).decode


_CHARGES: frozenset[type[MessageSent | AutoReplied | Withheld]] = frozenset((MessageSent, AutoReplied, Withheld))


def _apply(connection: Connection, batch: Sequence[Recorded]) -> None:
    rows, sums = list[dict[str, Any]](), dict[int, MonthSum]()
    for _, recorded in of_types(batch, _CHARGES):
        if (line := line_of(recorded)) is not None:
            rows.append(_row(recorded, line))
            sums[recorded.position] = _of_line(recorded, line)
    for event, recorded in of_types(batch, carrier_costs.REPORTS):
        sums[recorded.position] = _of_report(recorded, event)
    insert_new(connection, LEDGER, rows)
    carrier_costs.apply(connection, batch)

    def add(before: MonthSum | None, recorded: Recorded) -> MonthSum:
        one = sums[recorded.position]
        return one if before is None else before.plus(one)

    _SUMS.fold(connection, [(sums[recorded.position].key, recorded) for recorded in batch if recorded.position in sums], add)


def _row(recorded: Recorded, line: EventCharge) -> dict[str, Any]:
    return {
        "position": recorded.position,
        "workspace_id": recorded.cause.workspace_id,
        "conversation_id": line.event.conversation_id,
        "at": to_micros(line.at),
        "doc": msgspec.json.encode(line).decode(),
    }


VIEW = View("ledger", (LEDGER, LEDGER_SUMS, CARRIER_COSTS), _apply)


class EntryFilter(Struct, frozen=True, kw_only=True):
    """The entries to list, from `start` to before `end` (both with a time zone). A field that is `None` doesn't filter.

    `business_number` and `recipient` are E.164.
    """

    start: datetime | None = None
    end: datetime | None = None
    conversation_id: str | None = None
    business_number: str | None = None
    recipient: str | None = None


ALL = EntryFilter()


def page(
    connection: Connection,
    workspace_id: str,
    chosen: EntryFilter = ALL,
    wanted: PageRequest = FIRST_PAGE,
    *,
    sees_only: str | None = None,
) -> Page:
    """Return a page of a workspace's entries, oldest first by default.

    With `sees_only`, only those of the conversations that R22 allows that user. Raises `InvalidRequestError` for a bad cursor.
    """
    table, shown = LEDGER.c, extract(wanted, tuple[Position, Position])
    query = select(table.position, table.doc).where(table.workspace_id == workspace_id, *_conditions(chosen))
    if sees_only is not None:
        query = query.where(seen_by(sees_only, table.conversation_id))
    if shown.anchor is not None:
        position = shown.anchor.key[0]  # a page may begin within a line
        query = query.where(table.position <= position if shown.downwards else table.position >= position)
    query = query.order_by(table.position.desc() if shown.downwards else table.position)
    rows = connection.execute(query.limit(wanted.limit + 2)).all()
    listed = list(islice(_entries(rows, shown, chosen.recipient), wanted.limit + 1))
    costs = carrier_costs.costs_of(connection, {entry.message_id for entry, _ in listed if entry.segments > 0})
    return shown.page([Listed(msgspec.json.encode(_with_cost(entry, costs)), key) for entry, key in listed])


def newest_charges(connection: Connection, workspace_id: str, limit: int) -> list[EventCharge]:
    """Return the lines of a workspace's newest messages, the newest first. A message that was withheld is there once."""
    query = select(LEDGER.c.doc).where(LEDGER.c.workspace_id == workspace_id).order_by(LEDGER.c.position.desc()).limit(2 * limit)
    charges = [line for line in map(decode_line, connection.execute(query).scalars()) if line.segments > 0]
    return charges[:limit]


def _conditions(chosen: EntryFilter) -> Iterable[ColumnElement[bool]]:
    table = LEDGER.c
    if chosen.start is not None:
        yield table.at >= to_micros(chosen.start)
    if chosen.end is not None:
        yield table.at < to_micros(chosen.end)
    if chosen.conversation_id is not None:
        yield table.conversation_id == chosen.conversation_id
    if chosen.business_number is not None:
        conversation = select(INBOX.c.conversation_id).where(INBOX.c.conversation_id == table.conversation_id)
        yield conversation.where(INBOX.c.business_number == chosen.business_number).exists()
    if chosen.recipient is not None:  # by an index, which has the participants, and then by what the line says
        yield has_participant(table.conversation_id, number=chosen.recipient)
        yield table.doc.contains(f'"{chosen.recipient}"', autoescape=True)


def _with_cost(entry: Entry, costs: Mapping[tuple[str, str], CarrierCost]) -> EntryShown:
    cost = costs.get((entry.message_id, entry.recipient)) if entry.segments > 0 else None
    return EntryShown(**asdict(entry), carrier_cost=cost)


def _entries(
    rows: Iterable[Row[Any]], extract: Extract[tuple[int, int]], recipient: str | None
) -> Iterable[tuple[Entry, tuple[int, int]]]:
    """Return the entries, with their keys, of lines beyond the extract's anchor, in its direction: all, or those of a recipient."""
    for row in rows:
        entries = list(enumerate(decode_line(row.doc).entries(), start=1))
        for n, entry in reversed(entries) if extract.downwards else entries:
            key = (row.position, n)
            if extract.reaches(key) and recipient in (None, entry.recipient):
                yield entry, key
