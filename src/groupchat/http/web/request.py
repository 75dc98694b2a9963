"""An incoming request, as ASGI provides it: its headers, each once, and a correlation id."""

import re
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from msgspec import Struct

from groupchat.http.web.refusals import BadMessageError
from groupchat.values.errors import InvalidRequestError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

Headers = tuple[tuple[bytes, bytes], ...]

ABORT = "groupchat.abort"
"""The key in a request's scope under which a server provides a way to close the connection."""
CORRELATION_ID = b"groupchat-correlation-id"
_CORRELATION_ID = re.compile(rb"[\x21-\x2e\x30-\x7e]{1,128}")
_LISTS = frozenset({b"accept", b"accept-encoding", b"if-match"})
"""Headers that may appear on several lines, which count as one list (RFC 9110, section 5.3)."""
_ONCE = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"cookie",
        b"groupchat-correlation-id",
        b"groupchat-csrf",
        b"groupchat-min-position",
        b"host",
        b"idempotency-key",
        b"last-event-id",
        b"sec-fetch-site",
    }
)
"""Headers that may appear only once."""


class Incoming(Struct):
    """A request, with its headers by lower-case name; `afterwards` is called when the response was sent.

    `more` are headers that the response gets, whatever it is.
    """

    scope: Scope
    receive: Receive
    headers: dict[bytes, bytes]
    correlation_id: str
    afterwards: Callable[[], None] | None = None
    more: Headers = ()

    @property
    def is_secure(self) -> bool:
        """Whether the browser came over HTTPS."""
        return bool(self.scope.get("scheme") == "https")

    @property
    def path(self) -> str:
        """The path as the client wrote it, with its escapes."""
        raw: bytes = self.scope.get("raw_path") or self.scope["path"].encode()
        return raw.decode("ascii", "replace")


def read_headers(scope: Scope) -> dict[bytes, bytes]:
    """Return the headers by lower-case name.

    Raises `BadMessageError` for a header that is repeated but may appear only once, and for HTTP/1.1 without `Host` (RFC 9112).
    """
    lines: Sequence[tuple[bytes, bytes]] = scope["headers"]
    headers = dict(lines)
    if len(headers) != len(lines):
        counts = Counter(name for name, _ in lines)
        if repeated := next((name for name in _ONCE if counts[name] > 1), None):
            msg = f"The header {repeated.decode()} appears more than once. Send it once."
            raise BadMessageError(msg)
        for name in _LISTS & headers.keys():
            headers[name] = b", ".join(value for line, value in lines if line == name)
    if b"host" not in headers and scope["http_version"] == "1.1":
        msg = "An HTTP/1.1 request needs the Host header."
        raise BadMessageError(msg)
    return headers


def read_correlation_id(headers: dict[bytes, bytes]) -> str | None:
    """Return the caller's own id for this request, or none; raises `InvalidRequestError` for a malformed one.

    It has 1 to 128 visible ASCII characters and no slash: as the cause of events, it must not look like an event's id, `cnv_.../7`.
    """
    written = headers.get(CORRELATION_ID)
    if written is None:
        return None
    if not _CORRELATION_ID.fullmatch(written):
        detail = "Use 1 to 128 visible ASCII characters, without spaces and slashes."
        raise InvalidRequestError("Groupchat-Correlation-Id", detail, "bad-format")
    return written.decode("ascii")
