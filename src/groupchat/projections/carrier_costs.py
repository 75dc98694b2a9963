"""What carriers report that they charge, shown beside the ledger's entries, so that a carrier's bill can be compared (R26).

It belongs to the view `ledger`, but to no entry: an entry is what we charge. A row is one report, with its recipients.
"""

from collections.abc import Collection, Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import Column, Connection, Index, Table, Text, select

from groupchat.aggregates.delivery_events import CostReported
from groupchat.store.tables import BIG, METADATA
from groupchat.store.upserts import insert_new
from groupchat.values.event import Recorded, of_types
from groupchat.values.money import Amount, Currency

CARRIER_COSTS = Table(
    "carrier_costs",
    METADATA,
    Column("position", BIG, primary_key=True, autoincrement=False),
    Column("message_id", Text, nullable=False),
    Column("doc", Text, nullable=False),
    Index("carrier_costs_of_message", "message_id"),
)


class CarrierCost(Struct, frozen=True, kw_only=True, gc=False):
    """The carrier's own charge for one message to one recipient: an exact decimal."""

    amount: Amount
    currency: Currency


REPORTS = frozenset((CostReported,))
_decode = msgspec.json.Decoder(CostReported).decode


def apply(connection: Connection, batch: Sequence[Recorded]) -> None:
    """Add a batch's reports."""
    rows = [
        {"position": recorded.position, "message_id": event.message_id, "doc": msgspec.json.encode(event).decode()}
        for event, recorded in of_types(batch, REPORTS)
    ]
    insert_new(connection, CARRIER_COSTS, rows)


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
