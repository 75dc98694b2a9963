"""`Idempotency-Key`: the response to a `POST` is stored with its events, and a repeat of the request gets the same response.

The row is written in the append itself (`store/answers.py`), so neither is ever stored without the other, and if two processes try
the same request at once, one gets the other's response. Within a process, one request with a key runs at a time.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from groupchat.http.documents.contract import IDEMPOTENCY_KEY
from groupchat.http.refusals import IdempotencyKeyInUseError
from groupchat.http.web.reply import JSON, Reply, encode_json
from groupchat.http.web.request import Incoming
from groupchat.store.answers import IdempotencyKey, StoredAnswer
from groupchat.values.errors import InvalidRequestError

_KEY = re.compile(IDEMPOTENCY_KEY.encode())
_SECRETS = ("api_key", "secret")
"""The names of fields."""
_NOTHING = b"null"
"""The stored body of a response that has none."""
_POSITION = b"groupchat-position"
REPLAYED = (b"idempotency-replayed", b"true")


class _Packed(Struct, frozen=True):
    """The stored part of a response, which is the same for each repeat. A `POST` responds with JSON or nothing."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: Raw


def read_key(headers: dict[bytes, bytes]) -> str | None:
    """Return the request's key, or none; raises `InvalidRequestError` unless it is 1 to 255 characters of printable ASCII."""
    written = headers.get(b"idempotency-key")
    if written is None:
        return None
    if not _KEY.fullmatch(written):
        detail = "Give 1 to 255 printable ASCII characters, with spaces only between others; a random UUID is a good key."
        raise InvalidRequestError("Idempotency-Key", detail, "bad-format")
    return written.decode("ascii")


def digest(incoming: Incoming, body: bytes) -> bytes:
    """Return the digest that identifies a request: method, path and body, byte by byte."""
    return sha256(b"%s %s\n%s" % (incoming.scope["method"].encode(), incoming.path.encode(), body)).digest()


@contextmanager
def running(keys: set[tuple[str, str]], key: IdempotencyKey) -> Iterator[None]:
    """Hold a key while its request runs; raises `IdempotencyKeyInUseError` if another request holds it."""
    if key.name in keys:
        raise IdempotencyKeyInUseError
    keys.add(key.name)
    try:
        yield
    finally:
        keys.discard(key.name)


def without_secret(value: Any) -> Any:
    """Return a response's value with `api_key` or `secret` null, because a secret is shown once and never stored."""
    secrets = [name for name in _SECRETS if isinstance(value, Struct) and name in value.__struct_fields__]
    return replace(value, **dict.fromkeys(secrets)) if secrets else value


def pack(reply: Reply) -> bytes:
    """Encode a response for storage, without its position, which is unknown until it is stored."""
    headers = tuple((name.decode(), value.decode()) for name, value in reply.headers if name != _POSITION)
    return encode_json(_Packed(reply.status, headers, Raw(reply.body or _NOTHING)))


def unpack(kept: StoredAnswer) -> Reply:
    """Return a stored response in the form for a repeat."""
    packed = msgspec.json.decode(kept.answer, type=_Packed)
    position = (_POSITION, b"%d" % kept.position)
    headers = (position, REPLAYED, *((name.encode(), value.encode()) for name, value in packed.headers))
    body = bytes(packed.body)
    return Reply(packed.status, headers=headers) if body == _NOTHING else Reply(packed.status, body, JSON, headers)
