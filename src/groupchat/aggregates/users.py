"""Users: adding, changing and deactivating them. They are part of the workspace's stream and state (`workspace_state.py`).

- R20, R22 A user has an existing role, and can be restricted to assigned data.
- R23 There is always an active owner with a working key.
- A mailbox belongs to one user of the workspace, active or not, and so does an id in another system (R54).
- A deactivated user has no keys and can't log in. Their messages, and everything assigned to them, stay.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import assert_never

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict, replace

from groupchat.aggregates.user_keys import ending_for_an_owner, require_way_in
from groupchat.aggregates.workspace import existing, require_role, require_user_of
from groupchat.aggregates.workspace_events import (
    KeyIssued,
    KeyRevoked,
    UserAdded,
    UserDeactivated,
    UserEmailChanged,
    UserExternalIdGiven,
    UserReactivated,
    UserRenamed,
    UserRoleChanged,
)
from groupchat.aggregates.workspace_state import OWNER, User, Workspace
from groupchat.values.email import mailbox
from groupchat.values.errors import InvalidRequestError, RefusalError
from groupchat.values.event import Event

# --- errors


class UserExistsError(RefusalError):
    """Another user of the workspace has this mailbox, or this external id; `user_id` is that user."""

    slug = "user-exists"

    def __init__(self, user: User, shared: str) -> None:
        detail = f"{shared} is already a user of this workspace, {user.id}. Change that user, or use another one."
        super().__init__(detail, user_id=user.id)


# --- commands and decide


class FirstKey(Struct, frozen=True):
    """The first key of a new user."""

    id: str
    hash: str


class AddUser(Struct, frozen=True, kw_only=True):
    """Add a user, perhaps with a first key."""

    user: User
    key: FirstKey | None = None


class UserFields(Struct, frozen=True, kw_only=True):
    """The fields of a user that can be changed; omitted ones stay."""

    name: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    role: str | UnsetType = UNSET
    assigned_only: bool | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    external_id: str | UnsetType | None = UNSET


class ChangeUser(Struct, frozen=True, kw_only=True):
    """Change a user at a moment."""

    user_id: str
    change: UserFields
    at: datetime


Command = AddUser | ChangeUser


def decide(command: Command, state: Workspace | None) -> list[Event]:
    """Return the events of a command; none if it changes nothing."""
    state = existing(state)
    match command:
        case AddUser():
            return _add(command, state)
        case ChangeUser():
            return _change(command, state)
        case _:
            assert_never(command)


def _add(command: AddUser, state: Workspace) -> list[Event]:
    user = command.user
    require_role(state, user.role)
    _require_free(state, user)
    events: list[Event] = [
        UserAdded(user_id=user.id, name=user.name, email=user.email, role=user.role, assigned_only=user.assigned_only)
    ]
    if user.external_id is not None:
        events.append(UserExternalIdGiven(user_id=user.id, external_id=user.external_id))
    if command.key is not None:
        events.append(KeyIssued(key_id=command.key.id, user_id=user.id, key_hash=command.key.hash))
    return events


def _change(command: ChangeUser, state: Workspace) -> list[Event]:
    before = require_user_of(state, command.user_id)
    after = replace(before, **{name: value for name, value in asdict(command.change).items() if value is not UNSET})
    require_role(state, after.role)
    _require_free(state, after)
    if _is_owner(before) and not _is_owner(after):
        _require_another_owner(state, before, "role" if after.active else "active", command.at)
    return [*_ended_keys(state, before, after), *_changes(before, after)]


def _changes(before: User, after: User) -> Iterable[Event]:
    if after.name != before.name:
        yield UserRenamed(user_id=after.id, name=after.name)
    if after.email != before.email:
        yield UserEmailChanged(user_id=after.id, email=after.email)
    if after.external_id != before.external_id:
        yield UserExternalIdGiven(user_id=after.id, external_id=after.external_id)
    if (after.role, after.assigned_only) != (before.role, before.assigned_only):
        yield UserRoleChanged(user_id=after.id, role=after.role, assigned_only=after.assigned_only)
    if after.active != before.active:
        yield UserReactivated(user_id=after.id) if after.active else UserDeactivated(user_id=after.id)


def _ended_keys(state: Workspace, before: User, after: User) -> list[Event]:
    """Return the revocations that a change causes: all keys of a deactivated user, and those that a new owner can't keep (R23)."""
    keys = state.keys_of(after.id)
    if not after.active:
        return [KeyRevoked(key_id=key.id) for key in keys]
    return ending_for_an_owner(keys) if after.role == OWNER != before.role else []


def _require_free(state: Workspace, wanted: User) -> None:
    """Raise `UserExistsError` if another user has a user's mailbox or external id."""
    for user in state.users.values():
        if user.id == wanted.id:
            continue
        if mailbox(user.email) == mailbox(wanted.email):
            raise UserExistsError(user, user.email)
        if wanted.external_id is not None and user.external_id == wanted.external_id:
            raise UserExistsError(user, f"The external id {wanted.external_id}")


def _require_another_owner(state: Workspace, leaving: User, loc: str, at: datetime) -> None:
    if not any(_is_owner(other) for other in state.users.values() if other.id != leaving.id):
        raise InvalidRequestError(loc, "This is the last owner. Make someone else an owner first.")
    require_way_in(state.keys_of_owners(), {key.id for key in state.keys_of(leaving.id)}, at)


def _is_owner(user: User) -> bool:
    return user.active and user.role == OWNER
