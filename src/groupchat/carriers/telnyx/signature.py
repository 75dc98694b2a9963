"""Telnyx signs its posts: Ed25519 over the time and the body, verified with the account's public key."""

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from groupchat.carriers.port import NotTheCarrierError, Posted

TOLERANCE_SECONDS = 300
_SIGNATURE = "telnyx-signature-ed25519"
_TIMESTAMP = "telnyx-timestamp"
_SECONDS = re.compile("[0-9]{1,12}")


def require_signed(posted: Posted, public_keys: Sequence[str], now: datetime) -> None:
    """Raise `NotTheCarrierError` unless one of the keys (base64) signed exactly this body, within five minutes of now."""
    timestamp = posted.headers.get(_TIMESTAMP, "")
    if not _SECONDS.fullmatch(timestamp):
        msg = f"The header {_TIMESTAMP} is missing or not a time."
        raise NotTheCarrierError(msg)
    if abs(int(now.timestamp()) - int(timestamp)) > TOLERANCE_SECONDS:
        msg = "The signature is more than five minutes old, or in the future. Check this server's clock."
        raise NotTheCarrierError(msg)
    try:
        signature = base64.b64decode(posted.headers.get(_SIGNATURE, ""), validate=True)
    except (binascii.Error, ValueError) as error:
        msg = f"The header {_SIGNATURE} is not base64."
        raise NotTheCarrierError(msg) from error
    signed = timestamp.encode() + b"|" + posted.body
    if not any(_verifies(key, signature, signed) for key in public_keys):
        msg = "Telnyx has not signed this body with the configured key. Check GROUPCHAT_TELNYX_PUBLIC_KEY."
        raise NotTheCarrierError(msg)


def is_public_key(key: str) -> bool:
    """Return whether a text is such a public key: 32 bytes, as base64."""
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
    except (binascii.Error, ValueError):
        return False
    return True


def _verifies(key: str, signature: bytes, signed: bytes) -> bool:
    try:
        _public_key(key).verify(signature, signed)
    except InvalidSignature:
        return False
    return True


@lru_cache
def _public_key(key: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(key))
