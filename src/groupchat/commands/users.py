"""Commands on users (R20, R22, R23)."""

from msgspec import UNSET, Struct
from msgspec.structs import replace

from groupchat.aggregates import workspace
from groupchat.aggregates.users import AddUser, ChangeUser, FirstKey, UserFields
from groupchat.aggregates.workspace_events import KeyRevoked
from groupchat.aggregates.workspace_state import MEMBER, User
from groupchat.commands.caller import Caller, access, visible_user
from groupchat.commands.keys import new_key
from groupchat.commands.streams import USERS, WORKSPACE
from groupchat.store.decision import Decision


class Added(Struct, frozen=True):
    """A new user and their first key, which is shown only here."""

    user: User
    api_key: str


class ChangedUser(Struct, frozen=True):
    """A changed user, and the ids of the keys that were revoked with the change."""

    user: User
    ended_keys: tuple[str, ...] = ()


async def add_user(decision: Decision, who: Caller, user: User) -> Added:
    """Add a user, whose id is new, with a first key."""
    key, key_hash = new_key(who.workspace_id)
    (await access(decision, who)).require_manager_of(user.role)
    await decision.take(USERS, who.workspace_id, AddUser(user=user, key=FirstKey(decision.new_id("key"), key_hash)))
    return Added((await access(decision, who)).state.users[user.id], key)


async def put_user(decision: Decision, who: Caller, external_id: str, name: str, email: str, change: UserFields) -> ChangedUser:
    """Change the user who has an external id, or add one without a key (R54). Fields that are not given stay.

    A new user is a member unless `change` says otherwise. Raises `UserExistsError` for an address that another user has.
    """
    rights = await access(decision, who)
    rights.require_manager()
    found = next((user.id for user in rights.state.users.values() if user.external_id == external_id), None)
    if found is None:
        role = MEMBER if change.role is UNSET else change.role
        rights.require_manager_of(role)
        found = decision.new_id("usr")
        new = User(id=found, name=name, email=email, role=role, assigned_only=False, active=True, external_id=external_id)
        await decision.take(USERS, who.workspace_id, AddUser(user=new))
    return await change_user(decision, who, found, replace(change, name=name, email=email))


async def change_user(decision: Decision, who: Caller, user_id: str, change: UserFields) -> ChangedUser:
    """Change fields of a user; see `ChangedUser` for a user who becomes an owner or is deactivated.

    Raises `LastKeyError` if no owner would have a working key left (R23).
    """
    rights = await access(decision, who)
    rights.require_manager_of(visible_user(rights, user_id).role)
    if isinstance(change.role, str):
        rights.require_manager_of(change.role)
    at = await decision.time_in(WORKSPACE, who.workspace_id)
    command = ChangeUser(user_id=user_id, change=change, at=at)
    events = await decision.take(USERS, who.workspace_id, command)
    ended = tuple(event.key_id for event in events if isinstance(event, KeyRevoked))
    state = workspace.existing(await decision.load(WORKSPACE, who.workspace_id))
    return ChangedUser(state.users[user_id], ended)
