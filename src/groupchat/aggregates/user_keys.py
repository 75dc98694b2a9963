"""API keys: how many a user can have, whose word they rest on, and that an owner always has one (R23).

A key ends when its user becomes an owner, unless an owner or the operator issued it: whoever issued it has seen its secret, and
would become an owner with it. Keys are part of `workspace.py`, which decides their commands.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from msgspec import Struct

from groupchat.aggregates.workspace_events import KeyRevoked
from groupchat.values.errors import RefusalError
from groupchat.values.event import Event

MAX_KEYS = 20
"""How many keys of a user can work at a time."""


class ApiKey(Struct, frozen=True, kw_only=True):
    """An API key, of which only the hash is kept."""

    id: str
    user_id: str
    issued_at: datetime
    expires_at: datetime | None = None
    trusted: bool = False
    """Whether an owner, or the operator of the server, issued it."""

    def opens_at(self, moment: datetime) -> bool:
        """Tell whether the key has not expired at a moment."""
        return self.expires_at is None or moment < self.expires_at


class LastKeyError(RefusalError):
    """R23: no owner would have a key that works."""

    slug = "last-key"

    def __init__(self) -> None:
        super().__init__("No owner would have a working key left. Issue a key to an owner first (R23).")


class TooManyKeysError(RefusalError):
    """The user has as many working keys as they can have."""

    slug = "too-many-keys"

    def __init__(self) -> None:
        super().__init__(f"This user has {MAX_KEYS} keys that work. Revoke one of them first.")


class IssueKey(Struct, frozen=True, kw_only=True):
    """Give a user another key at a moment; the operator is not bound by how many there can be."""

    user_id: str
    key_id: str
    key_hash: str
    expires_at: datetime | None = None
    at: datetime
    by_operator: bool = False


class RevokeKey(Struct, frozen=True, kw_only=True):
    """End a user's key at a moment."""

    user_id: str
    key_id: str
    at: datetime


def require_room(keys: Iterable[ApiKey], at: datetime) -> None:
    """Raise `TooManyKeysError` if a user's keys leave no room for another."""
    if sum(key.opens_at(at) for key in keys) >= MAX_KEYS:
        raise TooManyKeysError


def require_way_in(keys_of_owners: Iterable[ApiKey], without: Collection[str], at: datetime) -> None:
    """Raise `LastKeyError` if none of the owners' keys works at a moment without those that are to end (ids)."""
    if not any(key.opens_at(at) for key in keys_of_owners if key.id not in without):
        raise LastKeyError


def ending_for_an_owner(keys: Iterable[ApiKey]) -> list[Event]:
    """Return the end of those keys of a new owner that neither an owner nor the operator issued."""
    return [KeyRevoked(key_id=key.id) for key in keys if not key.trusted]
