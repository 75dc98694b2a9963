"""The workspaces of a store and their users, from events alone: where an auditor with nothing but the database begins."""

from collections.abc import Iterator
from functools import reduce

from msgspec import Struct

from groupchat.aggregates import workspace_state
from groupchat.aggregates.workspace_events import WorkspaceCreated
from groupchat.aggregates.workspace_state import OWNER, User, Workspace
from groupchat.store.log import Log, UnknownStreamError
from groupchat.values.event import Moment


class WorkspaceFound(Struct, frozen=True, kw_only=True):
    """A workspace, the e-mail addresses of its owners, the number of its users, and its business numbers."""

    id: str
    name: str
    created_at: Moment
    owners: tuple[str, ...]
    users: int
    numbers: tuple[str, ...]


class UserFound(Struct, frozen=True, kw_only=True):
    """A user of a workspace, perhaps a deactivated one; `keys` counts the API keys that are not revoked."""

    id: str
    name: str
    email: str
    role: str
    assigned_only: bool
    active: bool
    keys: int


def workspaces(log: Log) -> Iterator[WorkspaceFound]:
    """Return all workspaces, oldest first. It blocks."""
    for created in log.each([WorkspaceCreated.TOPIC]):
        state = _state(log, created.stream)
        users = state.users.values()
        yield WorkspaceFound(
            id=created.stream,
            name=state.name,
            created_at=state.created_at,
            owners=tuple(user.email for user in users if user.role == OWNER and user.active),
            users=len(users),
            numbers=tuple(state.numbers),
        )


def users(log: Log, workspace_id: str) -> list[UserFound]:
    """Return a workspace's users in the order in which they were added; raises `UnknownStreamError`. It blocks."""
    log.beginning(workspace_id, WorkspaceCreated)
    state = _state(log, workspace_id)
    return [_found(state, user) for user in state.users.values()]


def _found(state: Workspace, user: User) -> UserFound:
    return UserFound(
        id=user.id,
        name=user.name,
        email=user.email,
        role=user.role,
        assigned_only=user.assigned_only,
        active=user.active,
        keys=len(state.keys_of(user.id)),
    )


def _state(log: Log, workspace_id: str) -> Workspace:
    nothing: Workspace | None = None
    state = reduce(workspace_state.evolve, log.stream(workspace_id), nothing)
    if state is None:
        msg = f"{workspace_id} does not begin with its creation."
        raise UnknownStreamError(msg)
    return state
