"""Commands on users (R20, R22, R23)."""

from msgspec import Struct

from groupchat.aggregates import workspace
from groupchat.aggregates.workspace import ChangeUser, User
from groupchat.commands.caller import Caller, access, visible_user
from groupchat.commands.keys import new_key
from groupchat.commands.streams import WORKSPACE
from groupchat.store.decision import Decision
from groupchat.store.event_store import EventStore, Outcome
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
        (await access(decision, who)).require_manager_of(new.role)
        await decision.decide(WORKSPACE, who.workspace_id, workspace.decide, add)
        return Added((await access(decision, who)).state.users[user_id], key)

    return await store.decide(who.cause(), decide)


async def change_user(store: EventStore, who: Caller, command: ChangeUser) -> Outcome[User]:
    """Change a user's role, or whether he is restricted to assigned data."""

    async def decide(decision: Decision) -> User:
        rights = await access(decision, who)
        rights.require_manager_of(visible_user(rights, command.user_id).role)
        if isinstance(command.role, str):
            rights.require_manager_of(command.role)
        await decision.decide(WORKSPACE, who.workspace_id, workspace.decide, command)
        return (await access(decision, who)).state.users[command.user_id]

    return await store.decide(who.cause(), decide)
