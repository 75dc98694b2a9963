"""API keys: how many a user can have, who issued them, and that an owner always has one (R23).

A key ends when its user becomes an owner, unless an owner or the operator issued it. The issuer has seen its secret, and would
become an owner with it. Keys are part of `workspace.py`, which decides their commands.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from groupchat.aggregates.workspace_events import KeyRevoked
from groupchat.values.errors import RefusalError
from groupchat.values.event import Event

MAX_KEYS = 20
"""The maximum number of a user's working keys."""
LASTING = timedelta(days=1)
"""A key that expires sooner, such as that of a browser's session, does not replace one that doesn't."""


class ApiKey(Struct, frozen=True, kw_only=True):
    """An API key, of which only the hash is stored."""

    id: str
    user_id: str
    issued_at: datetime
    expires_at: datetime | None = None
    label: str | None = None
    trusted: bool = False
    """Whether an owner, or the operator of the server, issued it."""

    def opens_at(self, moment: datetime) -> bool:
        """Return whether the key has not expired at a moment."""
        return self.expires_at is None or moment < self.expires_at


class LastKeyError(RefusalError):
    """R23: no owner would have a working key, or only keys that are about to expire."""

    slug = "last-key"

    def __init__(self) -> None:
        super().__init__("No owner would have a working key left for another day. Issue a key to an owner first (R23).")


class TooManyKeysError(RefusalError):
    """The user has the maximum number of working keys."""

    slug = "too-many-keys"

    def __init__(self) -> None:
        super().__init__(f"This user has {MAX_KEYS} working keys. Revoke one of them first.")


class UserDeactivatedError(RefusalError):
    """The user is deactivated, so they get no keys."""

    slug = "user-deactivated"

    def __init__(self) -> None:
        super().__init__("This user is deactivated. Reactivate them first.")


class IssueKey(Struct, frozen=True, kw_only=True):
    """Issue another key to a user at a moment. The operator is exempt from the limit on keys."""

    user_id: str
    key_id: str
    key_hash: str
    expires_at: datetime | None = None
    label: str | None = None
    at: datetime
    by_operator: bool = False


class RevokeKey(Struct, frozen=True, kw_only=True):
    """Revoke a user's key at a moment."""

    user_id: str
    key_id: str
    at: datetime


def require_room(keys: Iterable[ApiKey], at: datetime) -> None:
    """Raise `TooManyKeysError` if a user has the maximum number of keys."""
    if sum(key.opens_at(at) for key in keys) >= MAX_KEYS:
        raise TooManyKeysError


def require_way_in(keys_of_owners: Iterable[ApiKey], without: Collection[str], at: datetime) -> None:
    """Raise `LastKeyError` if the owners can't do without the keys that are to end at a moment (ids).

    Another key must work, and if one of those that are to end lasts, the other one must last, too. Otherwise, a session in a
    browser would be enough to revoke the key that it began with, and the workspace would be locked when the session ends.
    """
    keys = list(keys_of_owners)
    lasting = any(key.opens_at(at + LASTING) for key in keys if key.id in without)
    needed = at + LASTING if lasting else at
    if not any(key.opens_at(needed) for key in keys if key.id not in without):
        raise LastKeyError


def ending_for_an_owner(keys: Iterable[ApiKey]) -> list[Event]:
    """Return the revocations of a new owner's keys that neither an owner nor the operator issued."""
    return [KeyRevoked(key_id=key.id) for key in keys if not key.trusted]
