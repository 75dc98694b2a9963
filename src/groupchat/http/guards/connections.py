"""Connections: what uvicorn leaves unbounded. A client must send a request's head soon and short, and a stream can be cut off.

uvicorn's own limits are set in `server.py`; while a body arrives, and a stream is taken, `http/` watches the time.
"""

import asyncio
from typing import Any, cast

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from groupchat.http.documents.problems import ANSWERS
from groupchat.http.web.problems import PROBLEM
from groupchat.http.web.refusals import BadMessageError
from groupchat.http.web.request import ABORT
from groupchat.values.ids import new_id

HEAD_SECONDS = 10.0
"""How long a request's head may take to arrive, and how long a new connection may be silent."""
MAX_HEAD_BYTES = 65_536

log = structlog.get_logger()


class Connection(HttpToolsProtocol):
    """One client's connection."""

    _timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in the base class
        """Give the client some time to say something."""
        super().connection_made(transport)
        self._limit()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop watching."""
        self._unlimit()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; watch the time, and the size, of a head that is not complete by that."""
        super().data_received(data)
        if not self._in_head:
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES:
            self.transport.abort()
        elif self._timer is None and not self.transport.is_closing():
            self._limit()

    def on_message_begin(self) -> None:
        """Note that a head begins."""
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        """Note that the head is here, and let the application cut off the connection."""
        self._in_head = False
        self._unlimit()
        cast("dict[str, Any]", self.scope)[ABORT] = self.transport.abort  # a server may add keys of its own
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - as in the base class
        """Answer bytes that are not HTTP/1.1 with a problem, as every other failure is answered."""
        correlation_id = new_id("req")
        reply = ANSWERS.problem(BadMessageError("These bytes are not an HTTP/1.1 request."), "")
        headers = (
            *reply.headers,
            (b"content-type", PROBLEM),
            (b"content-length", b"%d" % len(reply.body)),
            (b"groupchat-correlation-id", correlation_id.encode()),
            (b"connection", b"close"),
        )
        head = b"".join(b"%b: %b\r\n" % header for header in headers)
        log.info("request_unreadable", correlation_id=correlation_id)
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n%b\r\n%b" % (head, reply.body))
        self.transport.close()

    def _limit(self) -> None:
        self._timer = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _unlimit(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
