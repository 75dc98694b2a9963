"""Conditions for queries on groups: that someone is a participant, or that all are contacts assigned to a user (R22)."""

from collections.abc import Sequence
from typing import get_args

from sqlalchemy import Column, ColumnElement, Connection, Index, Table, Text, func, select

from groupchat.aggregates.group_events import Created, ParticipantContactLinked, ParticipantContactMerged
from groupchat.projections.contacts import CONTACTS
from groupchat.store.tables import METADATA
from groupchat.store.upserts import insert_new, upsert
from groupchat.values.event import Recorded, of_types

GROUP_CONTACTS = Table(
    "group_contacts",
    METADATA,
    Column("conversation_id", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("contact_id", Text),
    Index("group_contacts_contact", "contact_id"),
    Index("group_contacts_number", "number"),
)
"""The participants of every group, with their contacts; filled by the view `inbox`."""

_Link = ParticipantContactLinked | ParticipantContactMerged
_LINKS: frozenset[type[_Link]] = frozenset(get_args(_Link))
_BEGINNINGS = frozenset((Created,))


def keep(connection: Connection, batch: Sequence[Recorded]) -> None:
    """Apply events: a participant is linked at creation or later (R37), and to another contact by a merge (R54)."""
    begun = [
        {"conversation_id": recorded.stream, "number": participant.number, "contact_id": participant.contact_id}
        for event, recorded in of_types(batch, _BEGINNINGS)
        for participant in event.roster
    ]
    linked = {(recorded.stream, event.number): event.contact_id for event, recorded in of_types(batch, _LINKS)}
    insert_new(connection, GROUP_CONTACTS, begun)
    rows = [{"conversation_id": id_, "number": number, "contact_id": contact} for (id_, number), contact in linked.items()]
    upsert(connection, GROUP_CONTACTS, rows)


def seen_by(user_id: str, conversation_id: Column[str]) -> ColumnElement[bool]:
    """Return the condition that every participant of a conversation is a contact assigned to the user."""
    others = (
        select(GROUP_CONTACTS.c.number)
        .outerjoin(CONTACTS, CONTACTS.c.contact_id == GROUP_CONTACTS.c.contact_id)
        .where(GROUP_CONTACTS.c.conversation_id == conversation_id, func.coalesce(CONTACTS.c.assigned_to, "") != user_id)
    )
    return ~others.exists()


def has_participant(
    conversation_id: Column[str], *, number: str | None = None, contact_id: str | None = None
) -> ColumnElement[bool]:
    """Return the condition that a conversation has a participant with this number, or linked to this contact, or both."""
    found = select(GROUP_CONTACTS.c.conversation_id)
    if number is not None:
        found = found.where(GROUP_CONTACTS.c.number == number)
    if contact_id is not None:
        found = found.where(GROUP_CONTACTS.c.contact_id == contact_id)
    return conversation_id.in_(found)
