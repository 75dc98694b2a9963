"""Commands on users (R20, R22, R23)."""

from msgspec import Struct

from groupchat.aggregates import workspace
from groupchat.aggregates.workspace import ChangeUser, User
from groupchat.commands.caller import Caller, access, visible_user
from groupchat.commands.keys import new_key
from groupchat.commands.streams import WORKSPACE
from groupchat.store.decision import Decision


class RequestedUser(Struct, frozen=True, kw_only=True):
    """A user as asked for."""

    name: str
    email: str
    role: str
    assigned_only: bool = False


class Added(Struct, frozen=True):
    """A new user, and his first key, which is shown here and nowhere else."""

    user: User
    api_key: str


async def add_user(decision: Decision, who: Caller, new: RequestedUser) -> Added:
    """Add a user with a first key."""
    user_id = decision.new_id("usr")
    key, key_hash = new_key(who.workspace_id)
    add = workspace.AddUser(
        user_id=user_id,
        name=new.name,
        email=new.email,
        role=new.role,
        assigned_only=new.assigned_only,
        key_id=decision.new_id("key"),
        key_hash=key_hash,
    )
    (await access(decision, who)).require_manager_of(new.role)
    await decision.take(WORKSPACE, who.workspace_id, add)
    return Added((await access(decision, who)).state.users[user_id], key)


async def change_user(decision: Decision, who: Caller, command: ChangeUser) -> User:
    """Change a user's role, or whether he is restricted to assigned data."""
    rights = await access(decision, who)
    rights.require_manager_of(visible_user(rights, command.user_id).role)
    if isinstance(command.role, str):
        rights.require_manager_of(command.role)
    await decision.take(WORKSPACE, who.workspace_id, command)
    return (await access(decision, who)).state.users[command.user_id]
