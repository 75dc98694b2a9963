"""Limits of connections that uvicorn lacks: requests must arrive soon, their heads must be short, and clients must read.

uvicorn's own limits are set in `server.py`. While the application reads a body, or sends a stream, `http/` also watches the time,
within shorter limits, and responds with a problem. The limits here apply whatever the application does.
"""

import asyncio
import resource
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, ClassVar, cast

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from groupchat.http.documents.problems import ANSWERS
from groupchat.http.web.problems import PROBLEM
from groupchat.http.web.refusals import BadMessageError
from groupchat.http.web.request import ABORT
from groupchat.store.refusals import UnavailableError
from groupchat.values.errors import RefusalError
from groupchat.values.ids import new_id

FILES_BESIDE = 256
"""The files that a process needs besides its HTTP connections: for the database, Kafka, carriers, and modules."""

log = structlog.get_logger()


class _Phase(Enum):
    """What is arriving: nothing, a request's head, or its body."""

    IDLE = auto()
    HEAD = auto()
    BODY = auto()


class FullError(UnavailableError):
    """The server has as many connections as it may have, and none of them is idle."""

    def __init__(self) -> None:
        super().__init__("The server has too many open connections. Nothing of this request was read.")


class _HeadTooLargeError(Exception):
    """Stops the parser."""


class Connection(HttpToolsProtocol):
    """One client's connection. Its limits are attributes of the class."""

    head_seconds = 10.0
    """The time for a request's head to arrive, and the longest silence of a new connection."""
    body_seconds = 35.0
    """The time for a body to arrive. It is a little longer than the application's own limit, which sends a response."""
    rest_seconds = 5.0
    """The time for the rest of a body to arrive after the response was sent."""
    stall_seconds = 30.0
    """The longest time that a client may read nothing of the data sent to it."""
    max_head_bytes = 65_536
    max_connections = 10_000
    """The number of open connections of a server. Beyond it, the connection that has been idle longest is closed."""
    _idle: ClassVar[dict["Connection", None]] = {}
    """The connections between two requests, of all servers of the process; the one that has been idle longest is first."""

    _timer: asyncio.TimerHandle | None = None
    _phase = _Phase.IDLE
    _unanswered = 0
    """The requests whose heads have arrived and whose responses are not complete."""
    _parsed = 0
    """The bytes of the head that the parser has passed on."""
    _unfinished = 0
    """The bytes that arrived for an unfinished head."""
    _refusal = "These bytes are not an HTTP/1.1 request."

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in the base class
        """Give the client some time to send something."""
        super().connection_made(transport)
        self._writing = StallWatch(transport, self.stall_seconds)
        self._limit(self.head_seconds)
        if len(self.connections) > self.max_connections and not self._make_room():
            self._refuse(FullError())

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop watching."""
        self._unlimit()
        self._idle.pop(self, None)
        self._writing.end()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Process received bytes; watch the time of unfinished parts, and the size of a head."""
        before = self._phase
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._phase is _Phase.HEAD:
            if before is _Phase.HEAD:
                self._unfinished += len(data)
            if max(self._parsed, self._unfinished) > self.max_head_bytes:
                self._refuse_head()
                return
        if self._timer is None and (seconds := self._allowed(before)) is not None:
            self._limit(seconds)

    def _allowed(self, before: _Phase) -> float | None:
        """Return the time for the next part to arrive; none while the application is responding."""
        if self._phase is _Phase.BODY:
            return self.body_seconds
        if self._phase is _Phase.HEAD:
            return self.head_seconds
        blank_lines = before is _Phase.IDLE and not self._unanswered  # an empty line may come between two requests
        return self.head_seconds if blank_lines else None

    def on_message_begin(self) -> None:
        """Note that a head begins."""
        super().on_message_begin()
        self._unlimit()
        self._idle.pop(self, None)
        self._unset_keepalive_if_required()
        self._phase, self._parsed, self._unfinished = _Phase.HEAD, 0, 0

    def on_url(self, url: bytes) -> None:
        """Process a part of the address."""
        self._parsed += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Process a header."""
        self._parsed += len(name) + len(value) + len(b": \r\n")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Note that the head is complete, and let the application close the connection."""
        self._unlimit()
        if self._parsed > self.max_head_bytes:
            self._refusal = self._too_large()
            raise _HeadTooLargeError
        self._phase = _Phase.BODY
        self._unanswered += 1
        cast("dict[str, Any]", self.scope)[ABORT] = self.transport.abort  # a server may add keys of its own
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that the request is complete; after its response, the connection is idle."""
        self._unlimit()
        self._phase = _Phase.IDLE
        super().on_message_complete()
        if not self._unanswered:
            self._limit(self.timeout_keep_alive)

    def on_response_complete(self) -> None:
        """Watch how the client reads the response, and limit the time for the rest of a body that nobody reads any more."""
        self._unanswered -= 1
        self._writing.moved()
        self._writing.watch()
        if self._phase is _Phase.BODY and not self.pipeline:
            self._unlimit()
            self._limit(self.rest_seconds)
        elif self._phase is _Phase.IDLE and not self._unanswered:
            self._idle[self] = None
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Watch how the client reads the waiting data."""
        super().pause_writing()
        self._writing.watch()

    def resume_writing(self) -> None:
        """Note that the client has read some of it."""
        super().resume_writing()
        self._writing.moved()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - as in the base class
        """Respond with a problem to bytes that are not HTTP/1.1, as to every other failure."""
        self._refuse(BadMessageError(self._refusal))

    def _unsupported_upgrade_warning(self) -> None:
        """Do nothing: a client may offer another protocol, but gets its response in this one."""

    def _make_room(self) -> bool:
        """Close the connection of this server that has been idle longest; return whether there was one."""
        for each in self._idle:
            if each.connections is self.connections:
                each.transport.abort()
                del self._idle[each]
                return True
        return False

    def _refuse(self, refusal: RefusalError) -> None:
        """Respond with a problem, and close the connection."""
        correlation_id = new_id("req")
        reply = ANSWERS.problem(refusal, "")
        headers = (
            *reply.headers,
            (b"content-type", PROBLEM),
            (b"content-length", b"%d" % len(reply.body)),
            (b"groupchat-correlation-id", correlation_id.encode()),
            (b"connection", b"close"),
        )
        head = b"".join(b"%b: %b\r\n" % header for header in headers)
        log.info("connection_refused", correlation_id=correlation_id, reason=refusal.slug)
        status = HTTPStatus(reply.status)
        self.transport.write(b"HTTP/1.1 %d %b\r\n%b\r\n%b" % (status, status.phrase.encode(), head, reply.body))
        self.transport.close()

    def _too_large(self) -> str:
        return f"The request's head is larger than {self.max_head_bytes} bytes."

    def _refuse_head(self) -> None:
        self._refusal = self._too_large()
        self.send_400_response(self._refusal)

    def _limit(self, seconds: float) -> None:
        self._timer = self.loop.call_later(seconds, self.transport.abort)

    def _unlimit(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def limited_to(connections: int) -> type[Connection]:
    """Return the protocol of a server with so many connections, or with fewer if the process can't open as many files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    possible = connections if hard == resource.RLIM_INFINITY else max(hard - FILES_BESIDE, 1)
    return type("Connection", (Connection,), {"max_connections": min(connections, possible)})


class StallWatch:
    """Watches data that waits for a client, and closes the connection if the client has read none of it for `stall` seconds."""

    def __init__(self, transport: asyncio.Transport, stall: float) -> None:
        self._transport = transport
        self._stall = stall
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._moves = 0
        self._seen = (0, 0)
        self._moved_at = 0.0

    def moved(self) -> None:
        """Note that there was room to write, so the client has read what was written before."""
        self._moves += 1

    def watch(self) -> None:
        """Watch until no data waits."""
        if self._timer is None:
            self._seen = (self._moves, self._transport.get_write_buffer_size())
            self._moved_at = self._loop.time()
            self._timer = self._loop.call_later(self._stall / 4, self._look)

    def end(self) -> None:
        """Stop watching."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        waiting, now = self._transport.get_write_buffer_size(), self._loop.time()
        if waiting == 0:
            return
        moves, waited = self._seen
        if waiting < waited or moves != self._moves:
            self._moved_at = now
        elif now >= self._moved_at + self._stall:
            self._transport.abort()
            return
        self._seen = (self._moves, waiting)
        self._timer = self._loop.call_later(self._stall / 4, self._look)
