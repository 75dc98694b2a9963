"""Addresses for carriers, who fetch what we send and have no login: signed, and only for a time (R46).

The address of a file in a message depends only on the message, so every repeat of a call to a carrier has the same bytes. That is
what a carrier's idempotency key requires. The key that signs is kept in the media store, so that all processes have the same one.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from io import BytesIO

from msgspec import Struct

from groupchat.media.port import MediaStore

VALID = timedelta(days=3)
"""Carriers fetch a file when they send the message, and may wait for hours before that."""
_KEY_NAME = "0" * 64 + ".key"
_KEY_BYTES = 32


class Grant(Struct, frozen=True):
    """What an address is for: a file, its maximum size in bytes if it is a picture, and the end of its time."""

    media_id: str
    most: int
    until: int


async def read_key(store: MediaStore) -> bytes:
    """Return the key that signs; the first process makes it. Raises `MediaStoreError`."""
    if await store.size(_KEY_NAME) is None:
        await store.put(_KEY_NAME, BytesIO(secrets.token_bytes(_KEY_BYTES)))
    return b"".join([piece async for piece in store.read(_KEY_NAME)])


def token(key: bytes, media_id: str, most: int, begun_at: datetime) -> str:
    """Return the last part of the address of a file, for a message whose first call to a carrier began at this time."""
    signed = f"{media_id}.{most}.{int((begun_at + VALID).timestamp())}"
    return f"{signed}.{_signature(key, signed)}"


def read_token(key: bytes, written: str, now: datetime) -> Grant | None:
    """Return what an address is for; none if it is forged or over."""
    signed, _, signature = written.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(key, signed).encode()):
        return None
    media_id, most, until = signed.split(".")
    grant = Grant(media_id, int(most), int(until))
    return grant if now.timestamp() < grant.until else None


def _signature(key: bytes, signed: str) -> str:
    return urlsafe_b64encode(hmac.digest(key, signed.encode(), "sha256")).decode().rstrip("=")
