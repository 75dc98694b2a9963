"""Commands on the workspace: founding it, keys, business numbers, policy."""

import secrets
from hashlib import sha256

from msgspec import Struct

from groupchat.aggregates import workspace
from groupchat.aggregates.workspace import BusinessNumber, ChangePolicy, NumberClaimed, User, Workspace
from groupchat.commands.caller import Caller, of_workspace
from groupchat.commands.numbers import read_number
from groupchat.commands.streams import NUMBER_CLAIM, WORKSPACE
from groupchat.store.decision import Decision
from groupchat.store.event_store import EventStore, Outcome
from groupchat.values.event import Actor, Cause
from groupchat.values.ids import new_id
from groupchat.values.policy import Policy

_KEY_PARTS = 3


class Founded(Struct, frozen=True):
    """A new workspace and its owner, whose key is shown here and nowhere else."""

    workspace_id: str
    user_id: str
    api_key: str


class NumberShown(Struct, frozen=True, kw_only=True):
    """A business number as callers see it."""

    number: str
    label: str | None
    default: bool
    assigned_to: str | None


def new_key(workspace_id: str) -> tuple[str, str]:
    """Return a new API key and its hash. The key names its workspace, so that no look-up is needed to check it."""
    key = f"gck_{workspace_id.removeprefix('wsp_')}_{secrets.token_urlsafe(32)}"
    return key, hash_of(key)


def hash_of(key: str) -> str:
    """Return what is stored of a key: SHA-256 is enough for 256 random bits."""
    return sha256(key.encode()).hexdigest()


async def create_workspace(store: EventStore, name: str, email: str) -> Outcome[Founded]:
    """Found a workspace with its owner."""
    workspace_id, user_id = new_id("wsp"), new_id("usr")
    key, key_hash = new_key(workspace_id)
    owner = workspace.AddUser(
        user_id=user_id, name=email.partition("@")[0], email=email, role="owner", key_id=new_id("key"), key_hash=key_hash
    )

    async def command(decision: Decision) -> Founded:
        await decision.decide(WORKSPACE, workspace_id, workspace.decide, workspace.Create(name=name))
        await decision.decide(WORKSPACE, workspace_id, workspace.decide, owner)
        return Founded(workspace_id, user_id, key)

    return await store.decide(_by_operator(workspace_id), command)


async def issue_key(store: EventStore, workspace_id: str, user_id: str) -> Outcome[str]:
    """Give a user another key; return it, for it is shown only once."""
    key, key_hash = new_key(workspace_id)
    issue = workspace.IssueKey(user_id=user_id, key_id=new_id("key"), key_hash=key_hash)

    async def command(decision: Decision) -> str:
        await decision.decide(WORKSPACE, workspace_id, workspace.decide, issue)
        return key

    return await store.decide(_by_operator(workspace_id), command)


async def authenticate(store: EventStore, key: str) -> tuple[str, User] | None:
    """Return the workspace and user that a key belongs to, or none for a bad key."""
    parts = key.split("_", _KEY_PARTS - 1)
    if len(parts) != _KEY_PARTS or parts[0] != "gck" or "\0" in key:
        return None
    workspace_id = f"wsp_{parts[1]}"
    try:
        key_hash = hash_of(key)
    except UnicodeEncodeError:
        return None
    user = _holder(await store.load(WORKSPACE, workspace_id), key_hash)
    if user is None:  # perhaps issued by another process a moment ago
        user = _holder(await store.load_fresh(WORKSPACE, workspace_id), key_hash)
    return None if user is None else (workspace_id, user)


def _holder(state: Workspace | None, key_hash: str) -> User | None:
    return None if state is None else state.users.get(state.keys.get(key_hash, ""))


async def numbers(store: EventStore, who: Caller) -> list[NumberShown]:
    """Return the business numbers that the caller may send from (R21)."""
    state = workspace.existing(await store.load_fresh(WORKSPACE, who.workspace_id))
    return [_shown(state, number) for number in state.numbers.values() if state.may_send_from(who.user, number.number)]


async def add_number(store: EventStore, who: Caller, command: workspace.AddNumber) -> Outcome[NumberShown]:
    """Add a business number, given in any written form (R3, R4)."""
    number = read_number("number", command.number)
    claim = workspace.claim_stream(number)

    async def decide(decision: Decision) -> NumberShown:
        _, user = await of_workspace(decision, who)
        workspace.require_manager(user)
        claimed = await decision.load(NUMBER_CLAIM, claim) is not None
        add = workspace.AddNumber(
            number=number,
            label=command.label,
            default=command.default,
            assigned_to=command.assigned_to,
            claimed=claimed,
        )
        await decision.decide(WORKSPACE, who.workspace_id, workspace.decide, add)
        decision.emit(NUMBER_CLAIM, claim, [NumberClaimed(number=number, workspace_id=who.workspace_id)])
        return await _number_after(decision, who, number)

    return await store.decide(who.cause(), decide)


async def change_number(store: EventStore, who: Caller, command: workspace.ChangeNumber) -> Outcome[NumberShown]:
    """Change a business number's label, assignment or being the default."""
    number = read_number("number", command.number)
    change = workspace.ChangeNumber(
        number=number, label=command.label, default=command.default, assigned_to=command.assigned_to
    )

    async def decide(decision: Decision) -> NumberShown:
        state, user = await of_workspace(decision, who)
        workspace.require_number_of(state, number)
        workspace.require_manager(user)
        await decision.decide(WORKSPACE, who.workspace_id, workspace.decide, change)
        return await _number_after(decision, who, number)

    return await store.decide(who.cause(), decide)


async def policy(store: EventStore, who: Caller) -> Policy:
    """Return the workspace's policy."""
    return workspace.existing(await store.load_fresh(WORKSPACE, who.workspace_id)).policy


async def change_policy(store: EventStore, who: Caller, change: ChangePolicy) -> Outcome[Policy]:
    """Change the policy; return all of it."""

    async def decide(decision: Decision) -> Policy:
        _, user = await of_workspace(decision, who)
        workspace.require_manager(user)
        await decision.decide(WORKSPACE, who.workspace_id, workspace.decide, change)
        return (await of_workspace(decision, who))[0].policy

    return await store.decide(who.cause(), decide)


def _by_operator(workspace_id: str) -> Cause:
    request = new_id("req")
    actor = Actor("process", "cli")
    return Cause(workspace_id=workspace_id, actor=actor, correlation_id=request, causation_id=request)


async def _number_after(decision: Decision, who: Caller, number: str) -> NumberShown:
    state, _ = await of_workspace(decision, who)
    return _shown(state, state.numbers[number])


def _shown(state: Workspace, number: BusinessNumber) -> NumberShown:
    return NumberShown(
        number=number.number,
        label=number.label,
        default=number.number == state.default_number,
        assigned_to=number.assigned_to,
    )
