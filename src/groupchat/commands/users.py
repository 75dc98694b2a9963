"""Commands on users (R20, R22, R23)."""

from msgspec import Struct

from groupchat.aggregates import workspace
from groupchat.aggregates.access import Access
from groupchat.aggregates.workspace import OWNER, ChangeUser, User
from groupchat.commands.caller import Caller, access, rights_of
from groupchat.commands.keys import new_key
from groupchat.commands.streams import WORKSPACE
from groupchat.store.decision import Decision
from groupchat.store.event_store import EventStore, Outcome
from groupchat.values.errors import NotPermittedError
from groupchat.values.ids import new_id


class NewUser(Struct, frozen=True, kw_only=True):
    """A user as asked for."""

    name: str
    email: str
    role: str
    assigned_only: bool = False


class Added(Struct, frozen=True):
    """A new user, and his first key, which is shown here and nowhere else."""

    user: User
    api_key: str


async def add_user(store: EventStore, who: Caller, new: NewUser) -> Outcome[Added]:
    """Add a user with a first key."""
    user_id = new_id("usr")
    key, key_hash = new_key(who.workspace_id)
    add = workspace.AddUser(
        user_id=user_id,
        name=new.name,
        email=new.email,
        role=new.role,
        assigned_only=new.assigned_only,
        key_id=new_id("key"),
        key_hash=key_hash,
    )

    async def decide(decision: Decision) -> Added:
        _require_may_grant(await access(decision, who), new.role)
        await decision.decide(WORKSPACE, who.workspace_id, workspace.decide, add)
        return Added((await access(decision, who)).state.users[user_id], key)

    return await store.decide(who.cause(), decide)


async def change_user(store: EventStore, who: Caller, command: ChangeUser) -> Outcome[User]:
    """Change a user's role, or whether he is restricted to assigned data."""

    async def decide(decision: Decision) -> User:
        rights = await access(decision, who)
        before = workspace.require_user_of(rights.state, command.user_id)
        _require_may_grant(rights, before.role)
        if isinstance(command.role, str):
            _require_may_grant(rights, command.role)
        await decision.decide(WORKSPACE, who.workspace_id, workspace.decide, command)
        return (await access(decision, who)).state.users[command.user_id]

    return await store.decide(who.cause(), decide)


async def list_users(store: EventStore, who: Caller) -> list[User]:
    """Return the workspace's users; a restricted user sees himself (R22)."""
    rights = await rights_of(store, who)
    return [rights.user] if rights.restricted else list(rights.state.users.values())


def _require_may_grant(rights: Access, role: str) -> None:
    """Raise `NotPermittedError` unless the caller may make, or change, a user of this role: owners are for owners."""
    rights.require_manager()
    if role == OWNER and rights.user.role != OWNER:
        msg = "Only an owner makes or changes an owner (R23)."
        raise NotPermittedError(msg)
