"""The view `contacts`: the workspace's directory, ordered by name. Contacts are found by name or by any of their numbers."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Boolean, Column, Connection, Index, Row, Table, Text, select

from groupchat.aggregates import contact
from groupchat.aggregates.contact import Contact, ContactCreated
from groupchat.aggregates.external_id import ExternalIdClaimed, ExternalIdReleased
from groupchat.aggregates.phone_book import NumberListed, NumberUnlisted
from groupchat.projections.paging import FIRST_PAGE, Listed, Page, PageRequest, StorableText, extract, read_page
from groupchat.projections.rows import CODE_POINTS, StreamRows, events_named
from groupchat.projections.search import Searchable, digit_lines, folded_line, listed, pieces, query_for
from groupchat.projections.view import View
from groupchat.store.tables import BIG, METADATA
from groupchat.values.clock import to_micros
from groupchat.values.event import Moment, Recorded

CONTACTS = Table(
    "contacts",
    METADATA,
    Column("contact_id", CODE_POINTS, primary_key=True),
    Column("workspace_id", Text, nullable=False),
    Column("name_key", CODE_POINTS, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("assigned_to", Text),
    Column("dnd", Boolean, nullable=False),
    Column("updated_at", BIG, nullable=False),
    Column("digits", Text, nullable=False),
    Column("position", BIG, nullable=False),
    Column("state", Text, nullable=False),
    Column("doc", Text, nullable=False),
    Column("pieces", Text, nullable=False),
)
_T = CONTACTS.c
Index("contacts_by_name", _T.workspace_id, _T.name_key, _T.contact_id).ddl_if(dialect="postgresql")
Index("contacts_search", listed(_T.pieces), postgresql_using="gin").ddl_if(dialect="postgresql")
Index("contacts_searched", _T.workspace_id, _T.name_key, _T.contact_id, _T.deleted, _T.assigned_to, _T.digits).ddl_if(
    dialect="sqlite"
)
_SEARCHED = Searchable(_T.name_key, _T.digits, _T.pieces)


class ContactView(Struct, frozen=True, kw_only=True):
    """A contact as it is shown. No list contains a deleted one."""

    id: str
    name: str
    number: str
    secondary_numbers: tuple[str, ...]
    assigned_to: str | None
    dnd: bool
    deleted: bool
    version: int
    created_at: Moment
    updated_at: Moment
    external_id: str | None
    metadata: dict[str, str]


class ContactRow(Struct, frozen=True, kw_only=True):
    """A contact as the fold stores it."""

    workspace_id: str
    contact: Contact
    version: int
    updated_at: Moment


def fold(row: ContactRow | None, recorded: Recorded) -> ContactRow | None:
    """Fold one event of a contact's stream."""
    state = contact.evolve(row.contact if row else None, recorded)
    if state is None:
        return None
    return ContactRow(workspace_id=recorded.cause.workspace_id, contact=state, version=recorded.version, updated_at=recorded.at)


def shown(row: ContactRow) -> ContactView:
    """Return the contact as it is shown."""
    state = row.contact
    return ContactView(
        id=state.id,
        name=state.name,
        number=state.number,
        secondary_numbers=state.secondary_numbers,
        assigned_to=state.assigned_to,
        dnd=state.dnd,
        deleted=state.deleted,
        version=row.version,
        created_at=state.since,
        updated_at=row.updated_at,
        external_id=state.external_id,
        metadata=state.metadata,
    )


def _columns(row: ContactRow) -> dict[str, Any]:
    name_key, digits = folded_line(row.contact.name), digit_lines(row.contact.numbers)
    return {
        "workspace_id": row.workspace_id,
        "name_key": name_key,
        "deleted": row.contact.deleted,
        "assigned_to": row.contact.assigned_to,
        "dnd": row.contact.dnd,
        "updated_at": to_micros(row.updated_at),
        "digits": digits,
        "doc": msgspec.json.encode(shown(row)).decode(),
        "pieces": pieces(row.workspace_id, (name_key, *digits.split("\n"))),
    }


_EVENTS = events_named("groupchat.contact.") - {NumberListed, NumberUnlisted, ExternalIdClaimed, ExternalIdReleased}
_ROWS = StreamRows(CONTACTS, ContactRow, _columns, fold, events=_EVENTS, births=(ContactCreated,))
current = _ROWS.current

VIEW = View("contacts", (CONTACTS,), _ROWS.apply)


class ContactFilter(Struct, frozen=True, kw_only=True):
    """The contacts to list. A field that is `None` doesn't filter; `ids` are those that it may be."""

    q: str | None = None
    ids: frozenset[str] | None = None
    assigned_to: str | None = None
    dnd: bool | None = None
    changed_since: datetime | None = None


ALL = ContactFilter()


def page(
    connection: Connection,
    workspace_id: str,
    chosen: ContactFilter = ALL,
    wanted: PageRequest = FIRST_PAGE,
    *,
    sees_only: str | None = None,
) -> Page:
    """Return a page of a workspace's `ContactView`s by name, then id; only those assigned to the user `sees_only` (R22).

    Raises `InvalidRequestError` for a bad cursor or search.
    """
    query = select(_T.doc, _T.name_key, _T.contact_id).where(_T.workspace_id == workspace_id, ~_T.deleted)
    if sees_only is not None:
        query = query.where(_T.assigned_to == sees_only)
    if chosen.ids is not None:
        query = query.where(_T.contact_id.in_(chosen.ids))
    if chosen.assigned_to is not None:
        query = query.where(_T.assigned_to == chosen.assigned_to)
    if chosen.dnd is not None:
        query = query.where(_T.dnd == chosen.dnd)
    if chosen.changed_since is not None:
        query = query.where(_T.updated_at >= to_micros(chosen.changed_since))
    if sought := query_for(chosen.q):
        query = query.where(sought.indexed(connection, workspace_id, _SEARCHED))
    shown = extract(wanted, tuple[StorableText, StorableText])
    return read_page(connection, query, (_T.name_key, _T.contact_id), shown, _listed)


def _listed(row: Row[Any]) -> Listed:
    return Listed(row.doc, (row.name_key, row.contact_id))


def held(connection: Connection, workspace_id: str, contact_id: str) -> ContactRow | None:
    """Return a contact's row; none if the workspace has no such contact."""
    row = _ROWS.of(connection, contact_id)
    return row if row and row.workspace_id == workspace_id else None


def one(connection: Connection, workspace_id: str, contact_id: str) -> ContactView | None:
    """Return a contact, even a deleted one; none if the workspace has no such contact."""
    row = held(connection, workspace_id, contact_id)
    return shown(row) if row else None
