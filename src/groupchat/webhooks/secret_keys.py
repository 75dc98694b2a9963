"""The secrets that sign webhooks. None is stored: the server's key makes each from its name (ADR 22).

The key is a setting. With two keys, the first makes new secrets, and secrets that the second one made are still valid.
"""

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256
from secrets import token_bytes
from typing import Self

from groupchat.values.errors import ExpectedError, RefusalError

PREFIX = "whsec_"
_SHORTEST = 32


class KeyUnreadableError(ExpectedError):
    """The setting is not base64 of at least 32 bytes."""


class WebhooksNotConfiguredError(RefusalError):
    """The server has no key to make secrets with."""

    slug = "webhooks-not-configured"

    def __init__(self) -> None:
        super().__init__("This server has no key for webhooks. Its operator sets GROUPCHAT_WEBHOOK_KEY (docs/webhooks.md).")


def new_key() -> str:
    """Return a new key in the form of the setting."""
    return b64encode(token_bytes(_SHORTEST)).decode()


class SecretKeys:
    """The server's keys, newest first."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {_name_of(key): key for key in keys}
        self.newest = next(iter(self._keys))
        """The name of the key that makes new secrets."""

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the keys of the setting: base64, with a space between two; raises `KeyUnreadableError`."""
        return cls([_read(each) for each in text.split() or [""]])

    def secret(self, made_with: str, secret_id: str) -> str | None:
        """Return a secret (`whsec_...`, 32 bytes as base64) by its name; none if the key that made it is no longer set."""
        key = self._keys.get(made_with)
        if key is None:
            return None
        return PREFIX + b64encode(hmac.digest(key, b"groupchat webhook secret " + secret_id.encode(), sha256)).decode()


def _read(text: str) -> bytes:
    try:
        key = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < _SHORTEST:
        msg = "GROUPCHAT_WEBHOOK_KEY is not base64 of 32 bytes or more. Make one with `openssl rand -base64 32`."
        raise KeyUnreadableError(msg)
    return key


def _name_of(key: bytes) -> str:
    """Return a name that shows which key it is, and nothing about it."""
    return sha256(b"groupchat webhook key name " + key).hexdigest()[:16]
