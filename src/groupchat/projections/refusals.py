"""The view `refusals`: refusal records of users, for auditors (R15, R20 to R22). Records are only added."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Column, Connection, Index, Table, Text, select

from groupchat.aggregates.refusal import RefusalRecorded, Rule, Subject, Whose
from groupchat.projections.paging import FIRST_PAGE, Listed, Page, PageRequest, Position, extract, read_page
from groupchat.projections.view import View
from groupchat.store.database import Database
from groupchat.store.tables import BIG, METADATA
from groupchat.store.upserts import insert_new
from groupchat.values.clock import to_micros
from groupchat.values.event import Moment, Recorded, of_types

REFUSALS = Table(
    "refusals",
    METADATA,
    Column("position", BIG, primary_key=True, autoincrement=False),
    Column("workspace_id", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("conversation_id", Text),
    Column("first_at", BIG, nullable=False),
    Column("last_at", BIG, nullable=False),
    Column("doc", Text, nullable=False),
    Index("refusals_of_workspace", "workspace_id", "position"),
    Index("refusals_of_conversation", "conversation_id", "position"),
    Index("refusals_of_user", "user_id", "position"),
)


class RefusalView(Struct, frozen=True, kw_only=True):
    """A refusal to a user, repeated `times` times from `first_at` to `last_at`; `id` is the event's, `rule` is in product.md.

    `slug` is the problem that the user received, and `operation` is their request. With `not-found`, R22 hid the requested data.
    `no_more_of` says that the rest of the UTC day's refusals, of this user or of the workspace, are not recorded.
    """

    id: str
    at: Moment
    user_id: str
    rule: Rule
    slug: str
    operation: str
    about: Subject
    times: int
    first_at: Moment
    last_at: Moment
    no_more_of: Whose | None
    correlation_id: str


_decode = msgspec.json.Decoder(RefusalView).decode
_AT_ONCE = 200
_EVENTS = frozenset((RefusalRecorded,))


def shown(recorded: Recorded, event: RefusalRecorded) -> RefusalView:
    """Return a record as it is shown."""
    return RefusalView(id=recorded.id, at=recorded.at, correlation_id=recorded.cause.correlation_id, **asdict(event))


def _apply(connection: Connection, batch: Sequence[Recorded]) -> None:
    insert_new(connection, REFUSALS, [_row(recorded, event) for event, recorded in of_types(batch, _EVENTS)])


def _row(recorded: Recorded, event: RefusalRecorded) -> dict[str, Any]:
    return {
        "position": recorded.position,
        "workspace_id": recorded.cause.workspace_id,
        "user_id": event.user_id,
        "conversation_id": event.about.conversation_id,
        "first_at": to_micros(event.first_at),
        "last_at": to_micros(event.last_at),
        "doc": msgspec.json.encode(shown(recorded, event)).decode(),
    }


VIEW = View("refusals", (REFUSALS,), _apply)


class RefusalFilter(Struct, frozen=True, kw_only=True):
    """The records to list, with a refusal from `start` to before `end`. A field that is `None` doesn't filter."""

    conversation_id: str | None = None
    user_id: str | None = None
    start: datetime | None = None
    end: datetime | None = None


ALL = RefusalFilter()


def page(connection: Connection, workspace_id: str, chosen: RefusalFilter = ALL, wanted: PageRequest = FIRST_PAGE) -> Page:
    """Return a page of a workspace's records, oldest first by default; raises `InvalidRequestError` for a bad cursor."""
    table = REFUSALS.c
    query = select(table.doc, table.position).where(table.workspace_id == workspace_id)
    if chosen.conversation_id is not None:
        query = query.where(table.conversation_id == chosen.conversation_id)
    if chosen.user_id is not None:
        query = query.where(table.user_id == chosen.user_id)
    if chosen.start is not None:
        query = query.where(table.last_at >= to_micros(chosen.start))
    if chosen.end is not None:
        query = query.where(table.first_at < to_micros(chosen.end))
    return read_page(connection, query, (table.position,), extract(wanted, Position), lambda row: Listed(row.doc, row.position))


def each(database: Database, workspace_id: str, chosen: RefusalFilter = ALL) -> Iterator[RefusalView]:
    """Return all of a workspace's records, oldest first. The iterator reads them as you consume it."""
    cursor: str | None = None
    while True:
        with database.read() as connection:
            found = page(connection, workspace_id, chosen, PageRequest(cursor, _AT_ONCE))
        yield from map(_decode, found.items)
        cursor = found.next_cursor
        if cursor is None:
            return
