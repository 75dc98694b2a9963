"""History: a conversation's events in order, as they are stored, and the conversation as of any of them (R31, R32)."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from groupchat.aggregates.sight import published
from groupchat.audit import as_of
from groupchat.audit.as_of import AsOf
from groupchat.http.calls.endpoint import Answer, PageOf, Reading, endpoint
from groupchat.http.documents import examples
from groupchat.http.inputs.parameters import HistoryQuery, StateQuery, given
from groupchat.http.views import visible
from groupchat.values.event import Actor, Recorded


class HistoryEvent(Struct, frozen=True, kw_only=True):
    """A stored event; `data` is as its `type` says."""

    type: Annotated[str, Meta(examples=["groupchat.conversation.message_sent"])]
    version: int
    position: int
    at: datetime
    actor: Actor
    correlation_id: str
    data: Annotated[Any, Meta(extra_json_schema={"type": "object"})]


@endpoint(
    "GET",
    "/v1/conversations/{conversation_id}/history",
    summary="A conversation's events",
    first=visible,
    items=HistoryEvent,
    example=examples.page(examples.HISTORY_EVENT),
    tag="history",
)
async def read_history(call: Reading[HistoryQuery]) -> Answer[PageOf[HistoryEvent]]:
    """List a conversation's events: what happened, when, by whom and by which request. It comes from the log, never behind."""
    await visible(call)
    after, limit = call.query.after, call.query.limit
    found = await call.store.read_stream(call.path["conversation_id"], after_version=after, limit=limit + 1)
    more = str(found[limit - 1].version) if len(found) > limit else None
    return Answer(PageOf([_shown(recorded) for recorded in found[:limit]], more))


def _shown(recorded: Recorded) -> HistoryEvent:
    return HistoryEvent(
        type=recorded.type,
        version=recorded.version,
        position=recorded.position,
        at=recorded.at,
        actor=recorded.cause.actor,
        correlation_id=recorded.cause.correlation_id,
        data=published(recorded.event),
    )


@endpoint(
    "GET",
    "/v1/conversations/{conversation_id}/history/state",
    summary="A conversation as of then",
    first=visible,
    example=examples.STATE,
    tag="history",
)
async def read_state(call: Reading[StateQuery]) -> Answer[AsOf]:
    """Compute conversation, participants and thread as they were right after a version, or at a moment; now, if neither is given.

    It comes from the events, never behind, by what makes the live views (R32). Who had read what is not in it.
    """
    await visible(call)
    query, now = call.query, call.store.now()
    found = await asyncio.to_thread(
        as_of.page,
        call.store.log,
        call.path["conversation_id"],
        query.asked,
        now,
        cursor=given(query.cursor),
        limit=query.limit,
    )
    return Answer(found)
