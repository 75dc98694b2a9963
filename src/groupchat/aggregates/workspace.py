"""Workspace: a tenant, with its keys, roles, policy and rates.

- R1, R17 The policy: group sizes, allowed regions, whether an opt-in reopens.
- R20 Roles: owner, admin, member and auditor exist from the beginning, others are defined; each may create groups or not.
- R38 The workspace's own keywords, in addition to those of `keywords.py`.
- R25 The rate card: a line applies from a date on.
- R41 Whether and with which texts opt-outs are confirmed and HELP is answered: `auto_replies.py`.

The events are in `workspace_events.py`, the state in `workspace_state.py`, the rules of its users in `users.py`, those of its
business numbers in `business_numbers.py`; `access.py` decides who may do what.
"""

from typing import assert_never

from msgspec import Struct

from groupchat.aggregates.auto_replies import ChooseAutoReplies, refuse_unfit
from groupchat.aggregates.policy import ChangePolicy, ChooseKeywords, change_policy, choose_keywords
from groupchat.aggregates.rate_card import PostRate, post_rate
from groupchat.aggregates.user_keys import IssueKey, RevokeKey, UserDeactivatedError, require_room, require_way_in
from groupchat.aggregates.workspace_events import (
    AutoRepliesChosen,
    KeyIssued,
    KeyRevoked,
    RoleDefined,
    WorkspaceCreated,
)
from groupchat.aggregates.workspace_state import AUDITOR, OWNER, User, Workspace
from groupchat.values.errors import InvalidRequestError, NotFoundError
from groupchat.values.event import Event
from groupchat.values.policy import PRESETS

# --- commands and decide


class CreateWorkspace(Struct, frozen=True, kw_only=True):
    """Begin a tenant."""

    name: str


class DefineRole(Struct, frozen=True, kw_only=True):
    """Define a role, or change its permissions (R20)."""

    role: str
    group_chat: bool


Command = CreateWorkspace | IssueKey | RevokeKey | DefineRole | ChangePolicy | ChooseKeywords | ChooseAutoReplies | PostRate


def decide(command: Command, state: Workspace | None) -> list[Event]:
    """Return the events of a command; none if it changes nothing."""
    if isinstance(command, CreateWorkspace):
        return [WorkspaceCreated(name=command.name, policy=PRESETS["heymarket"])]
    state = existing(state)
    match command:
        case IssueKey():
            return _issue_key(command, state)
        case RevokeKey():
            return _revoke_key(command, state)
        case DefineRole():
            return _define_role(command, state)
        case PostRate():
            return post_rate(command)
        case ChangePolicy():
            return change_policy(command, state.policy)
        case ChooseKeywords():
            return choose_keywords(command, state.keywords)
        case ChooseAutoReplies():
            return _choose_auto_replies(command, state)
        case _:
            assert_never(command)


def existing(state: Workspace | None) -> Workspace:
    """Return the workspace, or raise `NotFoundError`."""
    if state is None:
        msg = "This workspace does not exist. `groupchat init` creates one."
        raise NotFoundError(msg)
    return state


def _issue_key(command: IssueKey, state: Workspace) -> list[Event]:
    if not require_user_of(state, command.user_id).active:
        raise UserDeactivatedError
    if not command.by_operator:
        require_room(state.keys_of(command.user_id), command.at)
    return [
        KeyIssued(
            key_id=command.key_id,
            user_id=command.user_id,
            key_hash=command.key_hash,
            expires_at=command.expires_at,
            label=command.label,
        )
    ]


def _revoke_key(command: RevokeKey, state: Workspace) -> list[Event]:
    key = state.keys.get(state.key_hashes.get(command.key_id) or "")
    if key is None or key.user_id != command.user_id:
        msg = "This user does not have this key."
        raise NotFoundError(msg, "key")
    if key.opens_at(command.at) and state.users[key.user_id].role == OWNER:
        require_way_in(state.keys_of_owners(), {key.id}, command.at)
    return [KeyRevoked(key_id=command.key_id)]


def _define_role(command: DefineRole, state: Workspace) -> list[Event]:
    if command.role == AUDITOR and command.group_chat:
        raise InvalidRequestError("group_chat", "Auditors can't write, so they can't create groups (R23).")
    if state.roles.get(command.role) == command.group_chat:
        return []
    return [RoleDefined(role=command.role, group_chat=command.group_chat)]


def _choose_auto_replies(command: ChooseAutoReplies, state: Workspace) -> list[Event]:
    after = command.after(state.auto_replies)
    refuse_unfit(after, state.name)
    return [] if after == state.auto_replies else [AutoRepliesChosen(auto_replies=after)]


def require_role(state: Workspace, role: str) -> None:
    """Raise `InvalidRequestError` for a role that the workspace does not have (R20)."""
    if role not in state.roles:
        raise InvalidRequestError("role", f"Unknown role {role!r}. The roles are {', '.join(state.roles)}.")


def require_user_of(state: Workspace, user_id: str) -> User:
    """Return a user of the workspace, or raise `NotFoundError`."""
    user = state.users.get(user_id)
    if user is None:
        msg = "There is no such user."
        raise NotFoundError(msg, "user")
    return user


def require_user(state: Workspace, user_id: str | None) -> None:
    """Raise `InvalidRequestError` unless the user to assign to, if any, is an active user of the workspace."""
    if user_id is None:
        return
    if user_id not in state.users:
        raise InvalidRequestError("assigned_to", f"{user_id} is not a user of this workspace.")
    if not state.users[user_id].active:
        raise InvalidRequestError("assigned_to", f"{user_id} is deactivated. Assign it to another user, or to nobody.")
