"""A response on its way to the client: a status, headers, and encoded bytes."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
from msgspec import Struct

from groupchat.http.web.request import CORRELATION_ID, Send

JSON = b"application/json"
TEXT = b"text/plain; charset=utf-8"
OCTETS = b"application/octet-stream"
HTML = b"text/html; charset=utf-8"
SCHEMA = b"application/schema+json"
JSON_LINES = b"application/jsonl"
CSV = b"text/csv; charset=utf-8; header=present"

_PIECE = 65_536

encode_json: Callable[[Any], bytes] = msgspec.json.Encoder().encode
"""Encode a value as JSON: structs and decimals, times in UTC with `Z`."""


class Reply(Struct, frozen=True):
    """A response. Without a content type it has no body. `slug` is a problem's."""

    status: int
    body: bytes = b""
    content_type: bytes | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()
    slug: str | None = None

    async def send(self, send: Send, correlation_id: str) -> None:
        """Send it, with the request's correlation id. A server that waits for its client between two pieces holds one at a time."""
        headers = [*self.headers, (CORRELATION_ID, correlation_id.encode())]
        if self.content_type is not None:
            headers += ((b"content-type", self.content_type), (b"content-length", b"%d" % len(self.body)))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        begun = 0
        while len(self.body) - begun > _PIECE:
            await send({"type": "http.response.body", "body": self.body[begun : begun + _PIECE], "more_body": True})
            begun += _PIECE
        await send({"type": "http.response.body", "body": self.body[begun:]})


class Pieces(Reply, frozen=True, kw_only=True):
    """A response whose body is made while it is sent."""

    pieces: Callable[[], AsyncIterator[bytes]]

    async def send(self, send: Send, correlation_id: str) -> None:
        """Send it piece by piece, with the request's correlation id."""
        headers = [*self.headers, (CORRELATION_ID, correlation_id.encode()), (b"content-type", self.content_type)]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        async for piece in self.pieces():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
