"""Conversations as callers see them: one conversation exactly, the inbox, the pane (R19, R22, R27, R29)."""

import asyncio
from collections.abc import Sequence
from typing import TypeVar

from groupchat.aggregates import group_conversation
from groupchat.commands.caller import Caller, access, visible_group
from groupchat.commands.streams import CONVERSATION
from groupchat.projections import inbox, inbox_list
from groupchat.projections import pane as panes
from groupchat.projections.inbox import Conversation
from groupchat.projections.inbox_list import ConversationFilter, InboxPage
from groupchat.projections.paging import PageRequest
from groupchat.projections.pane import Pane
from groupchat.queries.views import Views
from groupchat.store.decision import Decision
from groupchat.store.event_store import EventStore
from groupchat.store.terms import StaleAnswerError
from groupchat.values.event import Recorded

H = TypeVar("H")


async def require_visible(store: EventStore, who: Caller, conversation_id: str) -> None:
    """Raise `NotFoundError` unless the caller may see the group (R22)."""
    if who.sees_only:  # read exactly, because other users' contacts decide what restricted users see
        await store.run(who.cause(), _require_visible, who, conversation_id)
        return
    group = await store.load(CONVERSATION, conversation_id) or await store.load_fresh(CONVERSATION, conversation_id)
    group_conversation.existing(group if group is not None and group.workspace_id == who.workspace_id else None)


async def require_may_send(store: EventStore, who: Caller, conversation_id: str) -> None:
    """Raise `NotFoundError` unless the caller may see the group (R22), `NumberAccessDeniedError` unless they may send (R21)."""
    await store.run(who.cause(), _require_may_send, who, conversation_id)


async def require_may_record(store: EventStore, who: Caller, conversation_id: str) -> None:
    """Raise `NotFoundError` unless the caller may see the group, `NumberAccessDeniedError` unless they may record an opt-out."""
    await store.run(who.cause(), _require_may_record, who, conversation_id)


async def now(views: Views, who: Caller, conversation_id: str, events: Sequence[Recorded] = ()) -> Conversation:
    """Return a conversation: its stored row, plus the events of its stream above that, plus `events` that may not be stored yet.

    Access must have been checked before. Raises `NotFoundError`, or `StaleAnswerError` if something before the events is not stored
    yet either.
    """
    row, mark = await views.ask(inbox.held, who.workspace_id, who.user.id, conversation_id)
    tail = await asyncio.to_thread(views.store.log.stream, conversation_id, after=row.version if row else 0)
    held = _existing(inbox.current(row, tail))
    new = [recorded for recorded in events if recorded.stream == conversation_id and recorded.version > held.version]
    if new and new[0].version != held.version + 1:
        raise StaleAnswerError
    return inbox.shown(_existing(inbox.current(held, new)), mark)


def created(conversation_id: str, events: Sequence[Recorded]) -> Conversation:
    """Return a new conversation, from the events that created it."""
    row = inbox.current(None, [recorded for recorded in events if recorded.stream == conversation_id])
    return inbox.shown(_existing(row))


async def page(views: Views, who: Caller, chosen: ConversationFilter, wanted: PageRequest, *, counted: bool = False) -> InboxPage:
    """Return a page of the caller's inbox, newest activity first, and if `counted`, how many there are (R22, R27).

    Raises `InvalidRequestError` for a bad cursor or search, `ProjectionBehindError`.
    """
    sees_only = await views.sees_only(who)
    asked = (who.workspace_id, who.user.id, chosen, wanted)
    return await views.ask(inbox_list.page, *asked, sees_only=sees_only, counted=counted)


async def pane(views: Views, conversation_id: str, q: str | None = None) -> Pane:
    """Return a conversation's participants and those who opted out, as of now, filtered by a search if given (R9, R19, R29)."""
    row = await views.ask(panes.held, conversation_id)
    after = row.version if row else 0
    tail = await asyncio.to_thread(views.store.log.stream, conversation_id, after=after, topics=panes.TOPICS)
    return panes.shown(_existing(panes.current(row, tail)), q)


async def _require_visible(decision: Decision, who: Caller, conversation_id: str) -> None:
    await visible_group(decision, await access(decision, who), conversation_id)


async def _require_may_record(decision: Decision, who: Caller, conversation_id: str) -> None:
    rights = await access(decision, who)
    rights.require_recorder((await visible_group(decision, rights, conversation_id)).business_number)


async def _require_may_send(decision: Decision, who: Caller, conversation_id: str) -> None:
    rights = await access(decision, who)
    rights.require_number((await visible_group(decision, rights, conversation_id)).business_number)


def _existing(row: H | None) -> H:
    if row is None:
        raise group_conversation.missing()
    return row
