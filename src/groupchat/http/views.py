"""Reading views, off the event loop; and conversations and contacts exactly as they stand, however far behind a view is."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from groupchat.aggregates import contact as contact_rules
from groupchat.aggregates import group_conversation
from groupchat.aggregates.access import HiddenError
from groupchat.aggregates.refusal import Subject
from groupchat.commands import conversations
from groupchat.http.calls.endpoint import Call, PageOf
from groupchat.http.inputs.parameters import PageQuery, given
from groupchat.http.refusals import ProjectionBehindError
from groupchat.projections import contacts, inbox, ledger
from groupchat.projections.contacts import ContactView
from groupchat.projections.inbox import Conversation
from groupchat.projections.paging import cursor_at, key_at
from groupchat.store.event_store import EventStore
from groupchat.store.terms import StaleAnswerError
from groupchat.values.event import Recorded

RESTRICTING = (inbox.VIEW.name, contacts.VIEW.name, ledger.VIEW.name)
"""The views that decide what a restricted user sees in a list."""

P = ParamSpec("P")
R = TypeVar("R")
H = TypeVar("H")


async def view(store: EventStore, query: Callable[Concatenate[Connection, P], R], *args: P.args, **given: P.kwargs) -> R:
    """Run a view's query in a transaction of its own."""

    def read() -> R:
        with store.database.read() as connection:
            return query(connection, *args, **given)

    return await asyncio.to_thread(read)


def page_of(found: Sequence[R], query: PageQuery, key: Callable[[R], Any]) -> PageOf[R]:
    """Return a page of what is held in memory, by key; raises `InvalidRequestError` for a bad cursor."""
    ordered = sorted(found, key=key)
    cursor = given(query.cursor)
    if cursor is not None and ordered:
        after = key_at(cursor, type(key(ordered[0])))
        ordered = [each for each in ordered if key(each) > after]
    shown = ordered[: query.limit]
    return PageOf(shown, cursor_at(key(shown[-1])) if len(ordered) > len(shown) else None)


async def sees_only(call: Call) -> str | None:
    """Return the user to whose assigned data a list is restricted (R22), none if it is not.

    What he sees changes with others' contacts, so a list for him waits until the views have all that is stored.
    """
    user_id = call.who.sees_only
    if user_id is not None:
        services = call.services
        position = await asyncio.to_thread(services.store.head)
        if not await services.progress.wait_for(RESTRICTING, position, services.patience):
            raise ProjectionBehindError(position)
    return user_id


async def visible(call: Call) -> None:
    """Raise `NotFoundError` unless the path's conversation is there for the caller."""
    await conversations.require_visible(call.store, call.who, call.path["conversation_id"])


async def conversation_now(call: Call, events: Sequence[Recorded] = ()) -> Conversation:
    """Return the path's conversation: its stored row, what its stream has above that, and these events that may not be stored yet.

    Raises `NotFoundError`, or `StaleAnswerError` if something before the events is not stored yet either.
    """
    await visible(call)
    id_ = call.path["conversation_id"]
    row, mark = await view(call.store, inbox.held, call.who.workspace_id, call.who.user.id, id_)
    tail = await call.store.read_stream(id_, after_version=row.version if row else 0)
    held = existing(inbox.current(row, tail))
    new = [recorded for recorded in events if recorded.stream == id_ and recorded.version > held.version]
    if new and new[0].version != held.version + 1:
        raise StaleAnswerError
    return inbox.shown(existing(inbox.current(held, new)), mark)


def existing(row: H | None) -> H:
    """Return what is held of a conversation, or raise `NotFoundError`."""
    if row is None:
        raise group_conversation.missing()
    return row


async def contact_now(call: Call) -> ContactView:
    """Return the path's contact; raises `NotFoundError` for one that is unknown, deleted, or not for this caller (R22)."""
    id_, workspace_id = call.path["contact_id"], call.who.workspace_id
    row = await view(call.store, contacts.held, workspace_id, id_)
    tail = await call.store.read_stream(id_, after_version=row.version if row else 0)
    shown = shown_contact(workspace_id, contacts.current(row, tail))
    if call.who.sees_only not in (None, shown.assigned_to):
        raise HiddenError(contact_rules.missing(), Subject(contact_ids=(id_,)))
    return shown


def shown_contact(workspace_id: str, row: contacts.Held | None) -> ContactView:
    """Return a contact's row as it is shown, or raise `NotFoundError` if there is none of this workspace."""
    if row is None or row.workspace_id != workspace_id or row.contact.deleted:
        raise contact_rules.missing()
    return contacts.shown(row)
