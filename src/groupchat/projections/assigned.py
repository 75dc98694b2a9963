"""What a user sees who is restricted to assigned data: groups all of whose participants are contacts assigned to him (R22).

A condition for queries. It joins what the view `inbox` knows of a group's contacts with what the view `contacts` knows of their
assignment, so a query with it must wait for both.
"""

from sqlalchemy import Column, ColumnElement, Index, Table, Text, func, select

from groupchat.aggregates.group_events import Created
from groupchat.projections.contacts import CONTACTS
from groupchat.store.tables import METADATA
from groupchat.values.event import Recorded

GROUP_CONTACTS = Table(
    "group_contacts",
    METADATA,
    Column("conversation_id", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("contact_id", Text),
    Index("group_contacts_contact", "contact_id"),
)
"""The participants of every group, with their contacts; kept by the view `inbox`."""


def rows_of(recorded: Recorded) -> list[dict[str, str | None]]:
    """Return the rows that an event adds."""
    if not isinstance(recorded.event, Created):
        return []
    return [
        {"conversation_id": recorded.stream, "number": participant.number, "contact_id": participant.contact_id}
        for participant in recorded.event.roster
    ]


def seen_by(user_id: str, conversation_id: Column[str]) -> ColumnElement[bool]:
    """Return the condition that every participant of a conversation is a contact assigned to the user."""
    others = (
        select(GROUP_CONTACTS.c.number)
        .outerjoin(CONTACTS, CONTACTS.c.contact_id == GROUP_CONTACTS.c.contact_id)
        .where(GROUP_CONTACTS.c.conversation_id == conversation_id, func.coalesce(CONTACTS.c.assigned_to, "") != user_id)
    )
    return ~others.exists()
