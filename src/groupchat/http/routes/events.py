"""The event stream: what happens in the caller's workspace, as it happens, as server-sent events."""

import asyncio
import re
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from groupchat.aggregates.sight import published
from groupchat.http.calls.endpoint import Answer, Endpoint
from groupchat.http.documents import examples
from groupchat.http.guards.auth import authenticate
from groupchat.http.inputs.parameters import Asked
from groupchat.http.routes.history import HistoryEvent
from groupchat.http.services import Services
from groupchat.http.streams.streams import Stream
from groupchat.http.streams.watch import Reader, Watch
from groupchat.http.web.codec import Incoming, decode_query, read_min_position
from groupchat.http.web.reply import Reply, encode_json
from groupchat.values.errors import InvalidRequestError
from groupchat.values.event import Recorded

_POSITION = re.compile(rb"[0-9]{1,18}")


class StreamedEvent(HistoryEvent, frozen=True, kw_only=True):
    """A stored event of any stream; `data` is as its `type` says."""

    stream: str


class StreamQuery(Asked, frozen=True, kw_only=True):
    """Where to begin."""

    after: (
        Annotated[int, Meta(ge=0, le=10**18 - 1, description="The position after which to begin; from now on, if it is left out.")]
        | UnsetType
    ) = UNSET


class Streaming(Endpoint, frozen=True, kw_only=True):
    """The operation whose answer does not end."""

    async def respond(self, services: Services, incoming: Incoming) -> Reply:
        """Begin a stream."""
        who, login = await authenticate(services, incoming)
        query = decode_query(StreamQuery, incoming.scope["query_string"])
        read_min_position(incoming.headers)  # there is nothing to wait for, but what is malformed is refused
        after = _last_event_id(incoming)
        if after is None and query.after is not UNSET:
            after = query.after
        if after is None:
            after = await asyncio.to_thread(services.store.log.head)
        else:
            await services.progress.require_stored(after)
        streams = services.streams
        watch = Watch(streams.log, streams.pace, Reader(login, who), after, encode)
        streams.admit(login.id)
        return Stream(self.status, streams=streams, login_id=login.id, incoming=incoming, frames=watch.frames)


def encode(recorded: Recorded) -> bytes:
    """Return an event as a frame of the stream; JSON has no line ends in it."""
    shown = StreamedEvent(
        type=recorded.type,
        stream=recorded.stream,
        version=recorded.version,
        position=recorded.position,
        at=recorded.at,
        actor=recorded.cause.actor,
        correlation_id=recorded.cause.correlation_id,
        data=published(recorded.event),
    )
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (recorded.position, recorded.type.encode(), encode_json(shown))


def _last_event_id(incoming: Incoming) -> int | None:
    written = incoming.headers.get(b"last-event-id")
    if written is None:
        return None
    if not _POSITION.fullmatch(written):
        raise InvalidRequestError("Last-Event-ID", "Give the id of the last event that you have, which is a number.")
    return int(written)


async def _never(_: object) -> Answer[StreamedEvent]:
    msg = "a stream is begun by `respond`"
    raise NotImplementedError(msg)


follow_events = Streaming(
    method="GET",
    path="/v1/events",
    name="follow_events",
    summary="The event stream",
    description="""\
Follow the workspace's events, as server-sent events: `id` is the position, `event` the type, `data` a StreamedEvent. A stream
begins after `Last-Event-ID`, which a browser's `EventSource` sends by itself; else after `after`; else now. So it can break
off anywhere and be gone on with, and nothing is lost or comes twice: the stream begins with an `id` of its own, before the first
event. A position beyond the log's end is refused. It shows what the caller may see at that moment (R22,
R23), and ends when his key does. Comments (lines that begin with a colon) come when there is nothing to tell. A reader who
takes nothing for 30 seconds is cut off.""",
    status=200,
    handle=_never,
    query_type=StreamQuery,
    answer_type=StreamedEvent,
    streams=True,
    example=examples.STREAMED_EVENT,
    refuses=("position-ahead",),
    tag="history",
)
