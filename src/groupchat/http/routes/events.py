"""The event stream: everything that happens in the caller's workspace, live, as server-sent events."""

import asyncio
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from groupchat.commands.caller import Caller
from groupchat.http.calls.handled import Handled
from groupchat.http.calls.positions import read_last_event_id, read_min_position
from groupchat.http.calls.spec import EVERYWHERE
from groupchat.http.documents import examples
from groupchat.http.inputs.fields import Id
from groupchat.http.inputs.parameters import QueryParameters, given
from groupchat.http.routes.history import StoredEvent
from groupchat.http.services import Services
from groupchat.http.streams.streams import Stream
from groupchat.http.streams.watch import Watch, Watcher
from groupchat.http.web.codec import decode_query
from groupchat.http.web.openapi import EVENT_STREAM
from groupchat.http.web.operation import Content, Operation, Response
from groupchat.http.web.reply import Reply, encode_json
from groupchat.http.web.request import Incoming
from groupchat.queries.conversations import require_visible
from groupchat.queries.watching import EventFilter
from groupchat.values.errors import InvalidRequestError
from groupchat.values.event import EVENT_TYPES, Recorded


class StreamQuery(QueryParameters, frozen=True, kw_only=True):
    """The place to begin, and the events to send."""

    after: Annotated[int, Meta(ge=0, le=10**18 - 1, description="Begin after this position. Default: now.")] | UnsetType = UNSET
    types: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=4_096,
                description="Only events of these types, separated by commas.",
                examples=["groupchat.conversation.message_sent,groupchat.conversation.inbound_received"],
            ),
        ]
        | UnsetType
    ) = UNSET
    conversation_id: (
        Annotated[Id, Meta(description="Only events about this conversation, its deliveries and your read marks.")] | UnsetType
    ) = UNSET

    @property
    def chosen(self) -> EventFilter:
        """The events that these parameters ask for; raises `InvalidRequestError` for a type that does not exist."""
        types = None if self.types is UNSET else frozenset(self.types.split(","))
        if unknown := sorted((types or frozenset()) - EVENT_TYPES.keys()):
            detail = f"Unknown type {unknown[0]!r}. GET /schemas lists the types."
            raise InvalidRequestError("query.types", detail)
        return EventFilter(types=types, conversation_id=given(self.conversation_id))


async def _follow(services: Services, incoming: Incoming, who: Caller) -> Reply:
    query = decode_query(StreamQuery, incoming.scope["query_string"])
    if position := read_min_position(incoming.headers):
        await services.progress.require_stored(position)
    chosen = query.chosen
    if chosen.conversation_id is not None:
        await require_visible(services.store, who, chosen.conversation_id)
    after = await _begin(services, read_last_event_id(incoming.headers), query)
    streams = services.streams
    watch = Watch(streams.log, streams.pace, Watcher(who, chosen), after, encode)
    streams.admit(who)
    return Stream(200, streams=streams, who=who, incoming=incoming, frames=watch.frames)


async def _begin(services: Services, last: int | None, query: StreamQuery) -> int:
    """Return the position after which a stream begins; raises `PositionAheadError`."""
    after = query.after if last is None and query.after is not UNSET else last
    if after is None:
        return await asyncio.to_thread(services.store.log.head)
    await services.progress.require_stored(after)
    return after


def encode(recorded: Recorded) -> bytes:
    """Return an event as a frame of the stream; JSON has no line ends in it."""
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (recorded.position, recorded.type.encode(), encode_json(StoredEvent.of(recorded)))


DESCRIPTION = """\
Follow the workspace's events, as server-sent events: `id` is the position, `event` the type, `data` a StoredEvent. A stream
begins after `Last-Event-ID`, which a browser's `EventSource` sends automatically, otherwise after `after`, otherwise now. The
stream first sends an `id` of its own, before any event, so a client can be disconnected at any point and continue without gaps or
duplicates. A position beyond the end of the log is rejected. The stream shows what the caller may see at that moment (R22, R23),
and ends when their key does. `types` and `conversation_id` leave out other events. Comments (lines that begin with a colon) arrive
when there is nothing to send. The server disconnects a client that reads nothing for 30 seconds."""

follow_events = Handled(
    Operation(
        method="GET",
        path="/v1/events",
        name="follow_events",
        summary="The event stream",
        description=DESCRIPTION,
        tag="history",
        query=StreamQuery,
        parameters=("MinPosition", "LastEventId"),
        responses=(
            Response(
                status=200,
                description="The event stream.",
                contents={EVENT_STREAM: Content(shape=StoredEvent, example=examples.EVENT)},
            ),
        ),
        problems=(*EVERYWHERE, "not-found", "position-ahead"),
    ),
    _follow,
)
