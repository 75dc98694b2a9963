"""History: a conversation's events in order, as they are stored, and the conversation as of any of them (R31, R32)."""

from typing import Annotated, Any, Self

from msgspec import Meta, Struct

from groupchat.aggregates.sight import published
from groupchat.audit.as_of import AsOf
from groupchat.http.calls.answers import Answer
from groupchat.http.calls.call import Reading
from groupchat.http.calls.endpoint import endpoint
from groupchat.http.calls.spec import Spec
from groupchat.http.documents import examples
from groupchat.http.guards import permits
from groupchat.http.inputs.parameters import HistoryQuery, StateQuery
from groupchat.queries import history
from groupchat.values.event import Actor, Moment, Recorded


class StoredEvent(Struct, frozen=True, kw_only=True):
    """A stored event; `data` has the format of its `type`. The id of an event is its stream and version: `<stream>/<version>`."""

    type: Annotated[str, Meta(examples=["groupchat.conversation.message_sent"])]
    stream: str
    version: int
    position: int
    at: Moment
    actor: Actor
    correlation_id: str
    data: Annotated[Any, Meta(extra_json_schema={"type": "object"})]

    @classmethod
    def of(cls, recorded: Recorded) -> Self:
        """Return an event as it is shown."""
        return cls(
            type=recorded.type,
            stream=recorded.stream,
            version=recorded.version,
            position=recorded.position,
            at=recorded.at,
            actor=recorded.cause.actor,
            correlation_id=recorded.cause.correlation_id,
            data=published(recorded.event),
        )


class HistoryPage(Struct, frozen=True):
    """A page of a history; `next_cursor` goes back as `cursor`, and is null on the last page."""

    items: list[StoredEvent]
    next_cursor: str | None


@endpoint(
    Spec(
        "GET",
        "/v1/conversations/{conversation_id}/history",
        "A conversation's events",
        "history",
        example=examples.HISTORY_PAGE,
    ),
    first=permits.sees_conversation,
)
async def read_history(call: Reading[HistoryQuery]) -> Answer[HistoryPage]:
    """List a conversation's events: what happened, when, by whom and by which request. It comes from the log, never behind."""
    found, more = await history.events(call.store, call.path["conversation_id"], call.query.after, call.query.limit)
    return Answer(HistoryPage(list(map(StoredEvent.of, found)), None if more is None else str(more)))


@endpoint(
    Spec(
        "GET", "/v1/conversations/{conversation_id}/history/state", "A conversation as of then", "history", example=examples.STATE
    ),
    first=permits.sees_conversation,
)
async def read_state(call: Reading[StateQuery]) -> Answer[AsOf]:
    """Compute conversation, participants and thread as they were right after a version, or at a moment; now, if neither is given.

    They come from the events and never lag, through the folds of the live views (R32). Read marks are not included.
    """
    query = call.query
    return Answer(await history.state(call.store, call.path["conversation_id"], query.asked, query.page))
