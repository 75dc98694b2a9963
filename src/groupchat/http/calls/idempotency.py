"""`Idempotency-Key`: the answer to a `POST` is kept with what the `POST` stored, and a repeat of the request is given it again.

The row is written in the append itself (`store/answers.py`), so there is no moment at which one is stored without the other, and of
two processes that try the same at once, one gets the other's answer. Within a process one request runs at a time.
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
_SECRET = "api_key"  # noqa: S105 - a field's name
_POSITION = b"groupchat-position"


class _Packed(Struct, frozen=True):
    """An answer as it is kept: what of it is the same at each repeat. Every `POST` answers with JSON."""

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
        raise InvalidRequestError("Idempotency-Key", detail)
    return written.decode("ascii")


def digest(incoming: Incoming, body: bytes) -> bytes:
    """Return what tells requests apart: method, path and body, byte by byte."""
    return sha256(b"%s %s\n%s" % (incoming.scope["method"].encode(), incoming.path.encode(), body)).digest()


@contextmanager
def running(keys: set[tuple[str, str]], key: IdempotencyKey) -> Iterator[None]:
    """Hold a key while its request runs; raises `IdempotencyKeyInUseError` if another request does."""
    if key.name in keys:
        raise IdempotencyKeyInUseError
    keys.add(key.name)
    try:
        yield
    finally:
        keys.discard(key.name)


def without_secret(value: Any) -> Any:
    """Return an answer's value with `api_key` null: a secret is shown once, and never kept."""
    has_secret = isinstance(value, Struct) and _SECRET in value.__struct_fields__
    return replace(value, **{_SECRET: None}) if has_secret else value


def pack(reply: Reply) -> bytes:
    """Write an answer as it is kept, without its position, which is known only when it is stored."""
    headers = tuple((name.decode(), value.decode()) for name, value in reply.headers if name != _POSITION)
    return encode_json(_Packed(reply.status, headers, Raw(reply.body)))


def unpack(kept: StoredAnswer) -> Reply:
    """Return a kept answer as it is given again."""
    packed = msgspec.json.decode(kept.answer, type=_Packed)
    position = (_POSITION, b"%d" % kept.position)
    headers = (position, *((name.encode(), value.encode()) for name, value in packed.headers))
    return Reply(packed.status, bytes(packed.body), JSON, headers)
