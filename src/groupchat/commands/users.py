"""Commands on users (R20, R22, R23)."""

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict

from groupchat.aggregates import workspace
from groupchat.aggregates.users import AddUser, ChangeUser
from groupchat.aggregates.workspace import User
from groupchat.aggregates.workspace_events import KeyRevoked
from groupchat.commands.caller import Caller, access, visible_user
from groupchat.commands.keys import new_key
from groupchat.commands.streams import USERS, WORKSPACE
from groupchat.store.decision import Decision


class RequestedUser(Struct, frozen=True, kw_only=True):
    """A user to add."""

    name: str
    email: str
    role: str
    assigned_only: bool = False


class Added(Struct, frozen=True):
    """A new user and their first key, which is shown only here."""

    user: User
    api_key: str


class RequestedChange(Struct, frozen=True, kw_only=True):
    """The changes to a user; omitted fields stay."""

    name: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    role: str | UnsetType = UNSET
    assigned_only: bool | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class ChangedUser(Struct, frozen=True):
    """A changed user, and the ids of the keys that were revoked with the change."""

    user: User
    ended_keys: tuple[str, ...] = ()


async def add_user(decision: Decision, who: Caller, new: RequestedUser) -> Added:
    """Add a user with a first key."""
    user_id = decision.new_id("usr")
    key, key_hash = new_key(who.workspace_id)
    add = AddUser(
        user_id=user_id,
        name=new.name,
        email=new.email,
        role=new.role,
        assigned_only=new.assigned_only,
        key_id=decision.new_id("key"),
        key_hash=key_hash,
    )
    (await access(decision, who)).require_manager_of(new.role)
    await decision.take(USERS, who.workspace_id, add)
    return Added((await access(decision, who)).state.users[user_id], key)


async def change_user(decision: Decision, who: Caller, user_id: str, change: RequestedChange) -> ChangedUser:
    """Change what is given of a user; see `ChangedUser` for a user who becomes an owner or is deactivated.

    Raises `LastKeyError` if no owner would have a working key left (R23).
    """
    rights = await access(decision, who)
    rights.require_manager_of(visible_user(rights, user_id).role)
    if isinstance(change.role, str):
        rights.require_manager_of(change.role)
    at = await decision.time_in(WORKSPACE, who.workspace_id)
    command = ChangeUser(user_id=user_id, at=at, **asdict(change))
    events = await decision.take(USERS, who.workspace_id, command)
    ended = tuple(event.key_id for event in events if isinstance(event, KeyRevoked))
    state = workspace.existing(await decision.load(WORKSPACE, who.workspace_id))
    return ChangedUser(state.users[user_id], ended)
