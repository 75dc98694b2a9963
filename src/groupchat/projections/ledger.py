"""The view `ledger`: what was billed, an entry per message and recipient, each naming its event (R24, R25).

What a withheld message was billed is answered by entries of the opposite sign (R16). Entries are only added. A row holds the
entries of one event.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
from msgspec import Raw, Struct
from sqlalchemy import Column, Connection, Index, Table, Text, select

from groupchat.aggregates.delivery import Withheld
from groupchat.aggregates.group_conversation import MessageSent
from groupchat.projections.paging import DEFAULT_LIMIT, Page, Position, cursor_at, key_at
from groupchat.projections.rows import insert_new
from groupchat.projections.view import View
from groupchat.store.tables import BIG, METADATA
from groupchat.values.event import Recorded
from groupchat.values.money import Rate, amount_of

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

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Source(Struct, frozen=True, kw_only=True):
    """The event that an entry comes from: its stream and version there, and the conversation."""

    stream: str
    conversation_id: str
    version: int


class Entry(Struct, frozen=True, kw_only=True):
    """One message to one recipient; a credit has negative `segments`. `rate` and `amount` are exact decimals (R25)."""

    id: str
    at: datetime
    conversation_id: str
    message_id: str
    recipient: str
    kind: Literal["mms"] = "mms"
    segments: int
    rate: str
    amount: str
    currency: str
    event: Source


def entries_of(recorded: Recorded) -> tuple[Entry, ...]:
    """Return what an event adds to the ledger (R24)."""
    match recorded.event:
        case MessageSent() as event:
            return _entries(recorded, recorded.stream, event.message_id, event.recipients, 1, event.rate)
        case Withheld(rate=Rate() as rate) as event:
            return _entries(recorded, event.conversation_id, event.message_id, event.recipients, -1, rate)
        case _:
            return ()


def _entries(
    recorded: Recorded, conversation_id: str, message_id: str, recipients: Sequence[str], segments: int, rate: Rate
) -> tuple[Entry, ...]:
    price, amount = f"{rate.mms_segment:f}", f"{amount_of(segments, rate):f}"
    source = Source(stream=recorded.stream, conversation_id=conversation_id, version=recorded.version)
    return tuple(
        Entry(
            id=f"{recorded.id}/{n}",
            at=recorded.at,
            conversation_id=conversation_id,
            message_id=message_id,
            recipient=recipient,
            segments=segments,
            rate=price,
            amount=amount,
            currency=rate.currency,
            event=source,
        )
        for n, recipient in enumerate(recipients, start=1)
    )


def _apply(connection: Connection, batch: Sequence[Recorded]) -> None:
    billed = [(recorded, entries) for recorded in batch if (entries := entries_of(recorded))]
    insert_new(connection, LEDGER, [_row(recorded, entries) for recorded, entries in billed])


def _row(recorded: Recorded, entries: tuple[Entry, ...]) -> dict[str, Any]:
    return {
        "position": recorded.position,
        "workspace_id": recorded.cause.workspace_id,
        "conversation_id": entries[0].conversation_id,
        "at": _microseconds(recorded.at),
        "doc": msgspec.json.encode(entries).decode(),
    }


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


VIEW = View("ledger", (LEDGER,), _apply)


def page(
    connection: Connection,
    workspace_id: str,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    conversation_id: str | None = None,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page:
    """Return a page of a workspace's entries, oldest first, from `start` on and before `end`; both have a time zone.

    Raises `InvalidRequestError` for a bad cursor.
    """
    table = LEDGER.c
    position, seen = key_at(cursor, tuple[Position, Position]) if cursor is not None else (0, 0)
    query = select(table.position, table.doc).where(table.workspace_id == workspace_id, table.position >= position)
    if start is not None:
        query = query.where(table.at >= _microseconds(start))
    if end is not None:
        query = query.where(table.at < _microseconds(end))
    if conversation_id is not None:
        query = query.where(table.conversation_id == conversation_id)
    rows = connection.execute(query.order_by(table.position).limit(limit + 2)).all()
    entries = [
        (entry, (row.position, n)) for row in rows for n, entry in enumerate(msgspec.json.decode(row.doc, type=list[Raw]), start=1)
    ]
    left = [(entry, key) for entry, key in entries if key > (position, seen)]
    more = cursor_at(left[limit - 1][1]) if len(left) > limit else None
    return Page(tuple(entry for entry, _ in left[:limit]), more)
