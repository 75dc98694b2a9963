"""Who calls, and what he may see and do: the one place where a decision asks for it.

Roles, number access and assigned data (R20 to R23) are judged on the workspace as the decision reads it, not as it was when the
request came in: a right that was taken away is gone at once.
"""

from msgspec import Struct

from groupchat.aggregates import group_conversation, workspace
from groupchat.aggregates.group_conversation import GroupConversation
from groupchat.aggregates.workspace import User, Workspace
from groupchat.commands.streams import CONVERSATION, WORKSPACE
from groupchat.store.decision import Decision
from groupchat.values.errors import RefusalError
from groupchat.values.event import Actor, Cause


class UnauthenticatedError(RefusalError):
    """The caller has no key, or not a valid one."""

    slug = "unauthenticated"


class NumberAccessDeniedError(RefusalError):
    """R21: the user has no access to the business number."""

    slug = "number-access-denied"


class Caller(Struct, frozen=True):
    """A user of a workspace, and the request that he makes."""

    workspace_id: str
    user: User
    correlation_id: str

    def cause(self) -> Cause:
        """Return the envelope of what this request leads to (R31)."""
        return Cause(
            workspace_id=self.workspace_id,
            actor=Actor("user", self.user.id),
            correlation_id=self.correlation_id,
            causation_id=self.correlation_id,
        )


async def of_workspace(decision: Decision, who: Caller) -> tuple[Workspace, User]:
    """Return the caller's workspace and the caller himself as of now; raises `UnauthenticatedError` if he is gone."""
    state = workspace.existing(await decision.load(WORKSPACE, who.workspace_id))
    user = state.users.get(who.user.id)
    if user is None:
        msg = "This key's user is no longer in the workspace; ask an owner for another key."
        raise UnauthenticatedError(msg)
    return state, user


async def visible_group(decision: Decision, conversation_id: str) -> GroupConversation:
    """Return a group of the caller's workspace, or raise `NotFoundError`: to him any other does not exist."""
    state = group_conversation.existing(await decision.load(CONVERSATION, conversation_id))
    if state.workspace_id != decision.cause.workspace_id:
        return group_conversation.existing(None)
    return state


def require_number(state: Workspace, user: User, number: str) -> None:
    """Raise `NumberAccessDeniedError` unless the user may send from a business number (R21)."""
    if not state.may_send_from(user, number):
        msg = f"You have no access to {number}; an owner can assign it to you (R21)."
        raise NumberAccessDeniedError(msg, number=number)

