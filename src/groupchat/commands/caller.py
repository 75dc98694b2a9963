"""The caller, and what they may see and do: how a decision asks `aggregates/access.py`.

Rights are judged on the workspace as the decision reads it, not as it was when the request arrived. So revoking a right or a key
takes effect immediately, in every process.
"""

from datetime import datetime

from msgspec import Struct

from groupchat.aggregates import contact as contacts
from groupchat.aggregates import group_conversation, workspace
from groupchat.aggregates.access import Access, HiddenError, is_restricted
from groupchat.aggregates.contact import Contact
from groupchat.aggregates.group_state import GroupConversation
from groupchat.aggregates.refusal import Subject
from groupchat.aggregates.workspace import require_user_of
from groupchat.aggregates.workspace_state import User, Workspace
from groupchat.commands.logins import Login
from groupchat.commands.streams import CONTACT, CONVERSATION, WORKSPACE
from groupchat.store.decision import Decision
from groupchat.values.errors import RefusalError
from groupchat.values.event import Actor, Cause


class UnauthenticatedError(RefusalError):
    """The caller has no key, or not a valid one."""

    slug = "unauthenticated"


class Caller(Struct, frozen=True):
    """A user of a workspace, the request that they make, and the credentials that they presented."""

    workspace_id: str
    user: User
    correlation_id: str
    login: Login | None = None

    @property
    def sees_only(self) -> str | None:
        """The user whose assigned data is all that the caller sees (R22); none if the caller sees everything."""
        return self.user.id if is_restricted(self.user) else None

    def holder(self, state: Workspace, moment: datetime) -> User | None:
        """Return the user that the caller is in this state of the workspace; none without valid credentials."""
        return state.active_user(self.user.id) if self.login is None else self.login.holder(state, moment)

    def cause(self) -> Cause:
        """Return the envelope of the events that this request causes (R31)."""
        return Cause(
            workspace_id=self.workspace_id,
            actor=Actor("user", self.user.id),
            correlation_id=self.correlation_id,
            causation_id=self.correlation_id,
        )


async def access(decision: Decision, who: Caller) -> Access:
    """Return the caller's present rights; raises `UnauthenticatedError` if their key or token is no longer valid."""
    state = workspace.existing(await decision.load(WORKSPACE, who.workspace_id))
    user = who.holder(state, decision.now)
    if user is None:
        msg = "This API key or token is no longer valid. Ask an owner for another key."
        raise UnauthenticatedError(msg)
    return Access(state, user)


async def visible_group(decision: Decision, rights: Access, conversation_id: str) -> GroupConversation:
    """Return a group that the caller may see; raises `NotFoundError` for any other (R22: `HiddenError`)."""
    group = group_conversation.existing(await decision.load(CONVERSATION, conversation_id))
    if group.workspace_id != decision.cause.workspace_id:
        raise group_conversation.missing()
    if not rights.sees_group(group, await _linked(decision, rights, group)):
        raise HiddenError(group_conversation.missing(), Subject(conversation_id=conversation_id))
    return group


async def visible_contact(decision: Decision, rights: Access, contact_id: str) -> Contact:
    """Return a contact that the caller may see; raises `NotFoundError` for any other (R22: `HiddenError`)."""
    contact = contacts.existing(await decision.load(CONTACT, contact_id))
    if contact.workspace_id != decision.cause.workspace_id:
        raise contacts.missing()
    if not rights.sees_contact(contact):
        raise HiddenError(contacts.missing(), Subject(contact_ids=(contact_id,)))
    return contact


def visible_user(rights: Access, user_id: str) -> User:
    """Return a user that the caller may see; raises `NotFoundError` for any other. A restricted user sees only themselves (R22)."""
    return require_user_of(rights.state, user_id if not rights.restricted or user_id == rights.user.id else "")


async def _linked(decision: Decision, rights: Access, group: GroupConversation) -> dict[str, Contact | None]:
    if not rights.restricted:
        return {}
    ids = list(dict.fromkeys(member.contact_id for member in group.members if member.contact_id))
    return dict(zip(ids, await decision.load_many(CONTACT, ids), strict=True))
