"""API keys: creating them, checking them, and the commands on a user's keys.

A key names its workspace, so checking it needs no look-up. Only its SHA-256 is stored, which is sufficient for 256 random bits.
"""

import secrets
from datetime import datetime
from hashlib import sha256

from msgspec import Struct

from groupchat.aggregates import workspace
from groupchat.aggregates.access import Access
from groupchat.aggregates.user_keys import IssueKey, RevokeKey
from groupchat.aggregates.workspace_state import User, Workspace
from groupchat.commands.caller import Caller, access, visible_user
from groupchat.commands.logins import user_of
from groupchat.commands.streams import WORKSPACE
from groupchat.store.decision import Decision
from groupchat.store.event_store import EventStore
from groupchat.values.email import mailbox
from groupchat.values.event import Actor, Cause
from groupchat.values.ids import new_id

_PREFIX = "gck"
_PARTS = 3


class Authenticated(Struct, frozen=True):
    """The user that a key belongs to."""

    workspace_id: str
    user: User


class IssuedKey(Struct, frozen=True):
    """A key that was just issued; `api_key` is shown only here."""

    id: str
    api_key: str
    issued_at: datetime
    expires_at: datetime | None
    label: str | None = None


class OperatorsKey(Struct, frozen=True):
    """A key that the operator issued, as `groupchat key` prints it."""

    workspace_id: str
    user_id: str
    api_key: str


def new_key(workspace_id: str) -> tuple[str, str]:
    """Return a new API key and its hash."""
    key = f"{_PREFIX}_{workspace_id.removeprefix('wsp_')}_{secrets.token_urlsafe(32)}"
    return key, hash_of(key)


def hash_of(key: str) -> str:
    """Return the stored form of a key."""
    return sha256(key.encode()).hexdigest()


class KeyLogin(Struct, frozen=True):
    """A key as it is shown; see `Login`."""

    workspace_id: str
    key_hash: str

    @property
    def id(self) -> str:
        """The key's hash."""
        return self.key_hash

    def holder(self, state: Workspace, moment: datetime) -> User | None:
        """Return the key's user; none for a key that is unknown, revoked or expired."""
        return state.holder_of(self.key_hash, moment)


def is_key(shown: str) -> bool:
    """Return whether a credential has the form of an API key."""
    return shown.startswith(f"{_PREFIX}_")


def read(key: str) -> KeyLogin | None:
    """Return a key as a login; none for a malformed one."""
    parts = key.split("_", _PARTS - 1)
    if len(parts) != _PARTS or parts[0] != _PREFIX or not key.isascii() or not key.isprintable():
        return None
    return KeyLogin(f"wsp_{parts[1]}", hash_of(key))


async def authenticate(store: EventStore, key: str) -> Authenticated | None:
    """Return a key's user; none for a key that is malformed, unknown, revoked or expired."""
    login = read(key)
    user = None if login is None else await user_of(store, login)
    return None if login is None or user is None else Authenticated(login.workspace_id, user)


async def issue_key(
    decision: Decision, who: Caller, user_id: str, expires_at: datetime | None = None, label: str | None = None
) -> IssuedKey:
    """Issue another key to a user: anyone for themselves, and callers who manage users for others (R23)."""
    await require_own(decision, who, user_id)
    return await _issue(decision, user_id, expires_at, label)


async def issue_by_operator(decision: Decision, user_id: str, expires_at: datetime | None = None) -> IssuedKey:
    """Issue another key to a user of the workspace, from the command line, without the limit on keys."""
    return await _issue(decision, user_id, expires_at, by_operator=True)


async def exchange_key(decision: Decision, who: Caller, key: str, expires_at: datetime, label: str) -> IssuedKey:
    """Issue another key to the caller, and revoke the one that they showed, so that it worked only once."""
    issued = await _issue(decision, (await access(decision, who)).user.id, expires_at, label)
    held = workspace.existing(await decision.load(WORKSPACE, who.workspace_id)).keys.get(hash_of(key))
    if held is not None:
        await decision.take(WORKSPACE, who.workspace_id, RevokeKey(user_id=held.user_id, key_id=held.id, at=decision.now))
    return issued


async def issue_to_mailbox(decision: Decision, email: str) -> OperatorsKey:
    """Issue another key to the user with an e-mail address, from the command line; raises `NotFoundError`."""
    workspace_id = decision.cause.workspace_id
    state = workspace.existing(await decision.load(WORKSPACE, workspace_id))
    user_id = next((user.id for user in state.users.values() if mailbox(user.email) == mailbox(email)), "")
    issued = await issue_by_operator(decision, user_id)
    return OperatorsKey(workspace_id, user_id, issued.api_key)


async def revoke_key(decision: Decision, who: Caller, user_id: str, key_id: str) -> None:
    """Revoke a key; raises `LastKeyError` for the last working key of any owner (R23)."""
    await require_own(decision, who, user_id)
    at = await decision.time_in(WORKSPACE, who.workspace_id)
    await decision.take(WORKSPACE, who.workspace_id, RevokeKey(user_id=user_id, key_id=key_id, at=at))


def by_operator(workspace_id: str) -> Cause:
    """Return the envelope of events that the command line causes."""
    request = new_id("req")
    return Cause(workspace_id=workspace_id, actor=Actor("process", "cli"), correlation_id=request, causation_id=request)


async def _issue(
    decision: Decision,
    user_id: str,
    expires_at: datetime | None,
    label: str | None = None,
    *,
    by_operator: bool = False,
) -> IssuedKey:
    workspace_id = decision.cause.workspace_id
    key, key_hash = new_key(workspace_id)
    issue = IssueKey(
        user_id=user_id,
        key_id=decision.new_id("key"),
        key_hash=key_hash,
        expires_at=expires_at,
        label=label,
        at=await decision.time_in(WORKSPACE, workspace_id),
        by_operator=by_operator,
    )
    await decision.take(WORKSPACE, workspace_id, issue)
    return IssuedKey(issue.key_id, key, issue.at, expires_at, label)


async def require_own(decision: Decision, who: Caller, user_id: str) -> Access:
    """Return the caller's rights.

    Raises `NotFoundError` for a user whom they can't see, `NotPermittedError` unless the keys are their own or they manage users
    (R23).
    """
    rights = await access(decision, who)
    holder = visible_user(rights, user_id)
    if holder.id != rights.user.id:
        rights.require_manager_of(holder.role)
    return rights
