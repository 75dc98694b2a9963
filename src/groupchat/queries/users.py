"""Users and their keys, as callers see them (R22, R23)."""

from msgspec import Struct

from groupchat.aggregates.workspace_state import User
from groupchat.commands import keys
from groupchat.commands.caller import Caller, visible_user
from groupchat.queries.rights import rights_of
from groupchat.queries.views import Views
from groupchat.store.event_store import EventStore
from groupchat.store.last_uses import last_uses
from groupchat.values.event import Moment


class KeyShown(Struct, frozen=True, kw_only=True):
    """A key without its secret."""

    id: str
    label: str | None
    issued_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None
    """To the minute."""


async def require_visible(store: EventStore, who: Caller, user_id: str) -> None:
    """Raise `NotFoundError` unless the caller can see the user (R22)."""
    visible_user(await rights_of(store, who), user_id)


async def read_user(store: EventStore, who: Caller, user_id: str) -> User:
    """Return a user that the caller can see; raises `NotFoundError` (R22)."""
    return visible_user(await rights_of(store, who), user_id)


async def list_users(store: EventStore, who: Caller, external_id: str | None = None) -> list[User]:
    """Return the workspace's users, or only the one with an external id; a restricted user sees only themselves (R22)."""
    rights = await rights_of(store, who)
    seen = [rights.user] if rights.restricted else list(rights.state.users.values())
    return [user for user in seen if external_id in (None, user.external_id)]


async def require_own_keys(store: EventStore, who: Caller, user_id: str) -> None:
    """Raise `NotFoundError` or `NotPermittedError` unless the caller may see and change the user's keys (R23)."""
    await store.run(who.cause(), keys.require_own, who, user_id)


async def keys_of(views: Views, who: Caller, user_id: str) -> list[KeyShown]:
    """Return a user's keys that are not revoked, oldest first.

    Raises `NotFoundError` or `NotPermittedError` unless the caller may see them (R23).
    """
    rights = (await views.store.run(who.cause(), keys.require_own, who, user_id)).value
    hashes = rights.state.hashes_of.get(user_id) or ()
    held = dict(zip(hashes, rights.state.keys_of(user_id), strict=True))
    used = await views.ask(last_uses, list(held))
    return [
        KeyShown(id=key.id, label=key.label, issued_at=key.issued_at, expires_at=key.expires_at, last_used_at=used.get(key_hash))
        for key_hash, key in held.items()
    ]
