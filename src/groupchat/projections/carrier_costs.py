"""What carriers report that they charge, shown beside the ledger's entries, so that a carrier's bill can be compared (R26).

It belongs to the view `ledger`, but to no entry: an entry is what we charge. A row is one report, with its recipients. Sums per
month are stored next to the rows, in the same transaction; a report belongs to the month in which it came.
"""

from collections.abc import Collection, Sequence
from decimal import Decimal
from functools import reduce
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Column, Connection, Index, Table, Text, select

from groupchat.aggregates.delivery import CostReported
from groupchat.projections.rows import Rows
from groupchat.store.tables import BIG, METADATA
from groupchat.store.upserts import insert_new
from groupchat.values.clock import month_of
from groupchat.values.event import Recorded
from groupchat.values.money import Amount, Currency, exact_sum

CARRIER_COSTS = Table(
    "carrier_costs",
    METADATA,
    Column("position", BIG, primary_key=True, autoincrement=False),
    Column("message_id", Text, nullable=False),
    Column("doc", Text, nullable=False),
    Index("carrier_costs_of_message", "message_id"),
)

CARRIER_COST_SUMS = Table(
    "carrier_cost_sums",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("workspace_id", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("month", Text, nullable=False),
    Column("position", BIG, nullable=False),
    Column("state", Text, nullable=False),
    Index("carrier_cost_sums_of_month", "workspace_id", "month"),
)


class CarrierCost(Struct, frozen=True, kw_only=True, gc=False):
    """The carrier's own charge for one message to one recipient: an exact decimal."""

    amount: Amount
    currency: Currency


class CostSum(Struct, frozen=True, kw_only=True, gc=False):
    """What the carrier reported in a month (`2026-11`, in UTC) for a conversation, in one currency; `amount` is exact.

    `reported` is the number of recipients of messages for which it did.
    """

    workspace_id: str
    conversation_id: str
    month: str
    currency: str
    reported: int = 0
    amount: Decimal = Decimal(0)


def _add(before: CostSum | None, recorded: Recorded) -> CostSum | None:
    event = recorded.event
    if not isinstance(event, CostReported):
        return before
    sum_ = before or CostSum(
        workspace_id=recorded.cause.workspace_id,
        conversation_id=event.conversation_id,
        month=month_of(recorded.at),
        currency=event.currency,
    )
    amount = reduce(exact_sum, (each.amount for each in event.costs), sum_.amount)
    return replace(sum_, reported=sum_.reported + len(event.costs), amount=amount)


def _columns(sum_: CostSum) -> dict[str, Any]:
    return {"workspace_id": sum_.workspace_id, "conversation_id": sum_.conversation_id, "month": sum_.month}


_SUMS = Rows(CARRIER_COST_SUMS, CostSum, _columns, births=())
decode_cost_sum = msgspec.json.Decoder(CostSum).decode
_decode = msgspec.json.Decoder(CostReported).decode


def apply(connection: Connection, batch: Sequence[Recorded]) -> None:
    """Add a batch's reports, and change their sums."""
    reports = [(recorded, event) for recorded in batch if isinstance(event := recorded.event, CostReported)]
    rows = [
        {"position": recorded.position, "message_id": event.message_id, "doc": msgspec.json.encode(event).decode()}
        for recorded, event in reports
    ]
    insert_new(connection, CARRIER_COSTS, rows)
    _SUMS.fold(connection, [(_key(recorded, event), recorded) for recorded, event in reports], _add)


def _key(recorded: Recorded, event: CostReported) -> str:
    return f"{event.conversation_id}/{month_of(recorded.at)}/{event.currency}"


def costs_of(connection: Connection, message_ids: Collection[str]) -> dict[tuple[str, str], CarrierCost]:
    """Return what the carrier charges for these messages, by message and recipient."""
    if not message_ids:
        return {}
    table = CARRIER_COSTS.c
    docs = connection.scalars(select(table.doc).where(table.message_id.in_(message_ids)))
    return {
        (event.message_id, each.recipient): CarrierCost(amount=f"{each.amount:f}", currency=event.currency)
        for event in map(_decode, docs)
        for each in event.costs
    }
