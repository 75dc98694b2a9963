"""Commands on the workspace: founding it, its policy, roles and rates."""

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from msgspec import Struct

from groupchat.aggregates import workspace
from groupchat.aggregates.workspace import ChangePolicy, PostedRate, Workspace
from groupchat.commands.caller import Caller, access
from groupchat.commands.keys import by_operator, new_key
from groupchat.commands.streams import WORKSPACE
from groupchat.store.decision import Decision
from groupchat.store.event_store import EventStore, Outcome
from groupchat.values.ids import new_id
from groupchat.values.money import Rate
from groupchat.values.policy import Policy

T = TypeVar("T")


class Founded(Struct, frozen=True):
    """A new workspace and its owner, whose key is shown here and nowhere else."""

    workspace_id: str
    user_id: str
    api_key: str


class RoleShown(Struct, frozen=True):
    """A role and what it permits (R20)."""

    role: str
    group_chat: bool


async def create_workspace(store: EventStore, name: str, email: str) -> Outcome[Founded]:
    """Found a workspace with its owner."""
    workspace_id, user_id = new_id("wsp"), new_id("usr")
    key, key_hash = new_key(workspace_id)
    owner = workspace.AddUser(
        user_id=user_id,
        name=email.partition("@")[0],
        email=email,
        role=workspace.OWNER,
        key_id=new_id("key"),
        key_hash=key_hash,
    )

    async def decide(decision: Decision) -> Founded:
        await decision.decide(WORKSPACE, workspace_id, workspace.decide, workspace.Create(name=name))
        await decision.decide(WORKSPACE, workspace_id, workspace.decide, owner)
        return Founded(workspace_id, user_id, key)

    return await store.decide(by_operator(workspace_id), decide)


async def change_policy(store: EventStore, who: Caller, change: ChangePolicy) -> Outcome[Policy]:
    """Change the policy; return all of it (R1, R4, R17)."""
    return await _managed(store, who, change, lambda state: state.policy)


async def define_role(store: EventStore, who: Caller, role: str, *, group_chat: bool) -> Outcome[RoleShown]:
    """Define a role, or change what it permits (R20)."""
    command = workspace.DefineRole(role=role, group_chat=group_chat)
    return await _managed(store, who, command, lambda state: RoleShown(role, state.roles[role]))


async def post_rate(store: EventStore, who: Caller, effective_from: date, rate: Rate) -> Outcome[tuple[int, PostedRate]]:
    """Add a line to the rate card (R25); return which it is, counted from 1."""
    command = workspace.PostRate(effective_from=effective_from, rate=rate)
    return await _managed(store, who, command, lambda state: (len(state.rates), state.rates[-1]))


async def _managed(store: EventStore, who: Caller, command: workspace.Command, answer: Callable[[Workspace], T]) -> Outcome[T]:
    """Decide a command that only those who manage the workspace may give (R23)."""

    async def decide(decision: Decision) -> T:
        (await access(decision, who)).require_manager()
        await decision.decide(WORKSPACE, who.workspace_id, workspace.decide, command)
        return answer(workspace.existing(await decision.load(WORKSPACE, who.workspace_id)))

    return await store.decide(who.cause(), decide)
