"""The view `do_not_disturb`: which numbers refuse all messages, since when, and through which contacts (R36)."""

from collections.abc import Sequence
from typing import Any, get_args

import msgspec
from msgspec import Struct
from sqlalchemy import Boolean, Column, ColumnElement, Connection, Row, Table, Text, select, update

from groupchat.aggregates.do_not_disturb import LeftBehind, Lifted, TurnedOff, TurnedOn
from groupchat.projections.paging import FIRST_PAGE, Listed, Page, PageRequest, StorableText, extract, read_page
from groupchat.projections.rows import CODE_POINTS
from groupchat.projections.view import View
from groupchat.store.tables import BIG, METADATA
from groupchat.store.upserts import upsert
from groupchat.values.clock import from_micros, to_micros
from groupchat.values.event import Moment, Recorded, of_types

NUMBERS_WITH_DND = Table(
    "numbers_with_dnd",
    METADATA,
    Column("workspace_id", Text, primary_key=True),
    Column("number", CODE_POINTS, primary_key=True),
    Column("contact_id", CODE_POINTS, primary_key=True),
    Column("applies", Boolean, nullable=False),
    Column("left_behind", Boolean, nullable=False),
    Column("since", BIG, nullable=False),
    Column("position", BIG, nullable=False),
)
"""A row per number and contact through which DND applies or applied. Rows stay, so that repeated events change nothing."""


class NumberWithDnd(Struct, frozen=True, kw_only=True):
    """A number that refuses messages through a contact, which has it with DND on, or had it when it was removed."""

    number: str
    since: Moment
    contact_id: str
    left_behind: bool


_Event = TurnedOn | LeftBehind | TurnedOff | Lifted
_EVENTS: frozenset[type[_Event]] = frozenset(get_args(_Event))


def _apply(connection: Connection, batch: Sequence[Recorded]) -> None:
    table = NUMBERS_WITH_DND.c
    for event, recorded in of_types(batch, _EVENTS):
        match event:
            case TurnedOn():
                _turn_on(connection, recorded, event)
            case LeftBehind():
                _change(connection, recorded, event.number, table.contact_id == event.contact_id, left_behind=True)
            case TurnedOff():
                _change(
                    connection, recorded, event.number, table.left_behind | (table.contact_id == event.contact_id), applies=False
                )
            case Lifted():
                _change(connection, recorded, event.number, table.left_behind, applies=False)


def _turn_on(connection: Connection, recorded: Recorded, event: TurnedOn) -> None:
    """Record that do-not-disturb applies to a number through a contact; `since` stays while it applies."""
    key = {"workspace_id": recorded.cause.workspace_id, "number": event.number, "contact_id": event.contact_id}
    table = NUMBERS_WITH_DND.c
    row = connection.execute(select(NUMBERS_WITH_DND).where(*(table[name] == value for name, value in key.items()))).one_or_none()
    if row is not None and row.position >= recorded.position:
        return
    since = row.since if row is not None and row.applies else to_micros(recorded.at)
    upsert(
        connection, NUMBERS_WITH_DND, [key | {"applies": True, "left_behind": False, "since": since, "position": recorded.position}]
    )


def _change(connection: Connection, recorded: Recorded, number: str, which: ColumnElement[bool], **changes: bool) -> None:
    table = NUMBERS_WITH_DND.c
    of_number = (table.workspace_id == recorded.cause.workspace_id, table.number == number)
    older = (table.applies, table.position < recorded.position)
    connection.execute(update(NUMBERS_WITH_DND).where(*of_number, *older, which).values(position=recorded.position, **changes))


VIEW = View("do_not_disturb", (NUMBERS_WITH_DND,), _apply)


def page(connection: Connection, workspace_id: str, number: str | None = None, wanted: PageRequest = FIRST_PAGE) -> Page:
    """Return a page of a workspace's `NumberWithDnd`s by number and contact, or of one number's.

    Raises `InvalidRequestError` for a bad cursor.
    """
    table = NUMBERS_WITH_DND.c
    query = select(NUMBERS_WITH_DND).where(table.workspace_id == workspace_id, table.applies)
    if number is not None:
        query = query.where(table.number == number)
    shown = extract(wanted, tuple[StorableText, StorableText])
    return read_page(connection, query, (table.number, table.contact_id), shown, _listed)


def _listed(row: Row[Any]) -> Listed:
    return Listed(msgspec.json.encode(_shown(row)), (row.number, row.contact_id))


def _shown(row: Any) -> NumberWithDnd:
    return NumberWithDnd(number=row.number, since=from_micros(row.since), contact_id=row.contact_id, left_behind=row.left_behind)
