"""Access: what users may see and do. No other module decides it.

- R20 Creating a group needs the permission `group_chat` of the user's role.
- R21 A user with access to a business number may send in its conversations: owners and admins to all; others to the default number,
  the numbers assigned to them, and all unassigned ones.
- R22 A user restricted to assigned data sees only contacts assigned to them, and groups all of whose participants are such
  contacts, as they are assigned now. To them, no other contact or group exists.
- R23 Owners and admins manage users, roles, numbers, policy, rates and contacts; others manage contacts (their own only, if
  restricted). An auditor reads everything and writes nothing.
"""

from collections.abc import Mapping

from msgspec import Struct

from groupchat.aggregates.contact import Contact
from groupchat.aggregates.group_state import GroupConversation
from groupchat.aggregates.refusal import Subject
from groupchat.aggregates.roster import Candidate
from groupchat.aggregates.workspace_state import ADMIN, AUDITOR, OWNER, User, Workspace
from groupchat.values.errors import NotFoundError, NotPermittedError, RefusalError


class GroupChatNotPermittedError(RefusalError):
    """R20: the role may not create groups."""

    slug = "group-chat-not-permitted"


class NumberAccessDeniedError(RefusalError):
    """R21: the user has no access to the business number."""

    slug = "number-access-denied"


class NumberGivenUpError(RefusalError):
    """R56: the workspace has given up the business number, so nothing is sent from it."""

    slug = "number-given-up"

    def __init__(self, number: str) -> None:
        msg = f"The business number {number} was given up. Its conversations stay readable, but nothing is sent from it (R56)."
        super().__init__(msg, number=number)


class ContactNotAssignedError(RefusalError):
    """R22: a participant is not a contact assigned to the user, whether or not the contact exists. `about` is not shown."""

    slug = "contact-not-assigned"

    def __init__(self, detail: str, indexes: list[int], about: Subject) -> None:
        super().__init__(detail, indexes=indexes)
        self.about = about


class HiddenError(NotFoundError):
    """R22: the thing exists, but not for this user. It is reported as unknown; `about` is not shown."""

    def __init__(self, as_if: NotFoundError, about: Subject) -> None:
        super().__init__(as_if.detail, as_if.thing)
        self.about = about


def is_restricted(user: User) -> bool:
    """Return whether a user sees assigned data only (R22). Users who manage or audit see everything."""
    return user.assigned_only and user.role not in (OWNER, ADMIN, AUDITOR)


class Access(Struct, frozen=True):
    """The rights of one user in a workspace, as both are now."""

    state: Workspace
    user: User

    @property
    def manages(self) -> bool:
        """Whether the user manages the workspace (R23)."""
        return self.user.role in (OWNER, ADMIN)

    @property
    def audits(self) -> bool:
        """Whether the user reads everything and writes nothing (R23)."""
        return self.user.role == AUDITOR

    @property
    def restricted(self) -> bool:
        """Whether the user sees assigned data only (R22)."""
        return is_restricted(self.user)

    # --- what may be done

    def require_manager(self) -> None:
        """Raise `NotPermittedError` unless the user manages the workspace (R23)."""
        if not self.manages:
            msg = f"Your role, {self.user.role}, can't manage this workspace. Ask an owner or admin (R23)."
            raise NotPermittedError(msg)

    def require_manager_of(self, role: str) -> None:
        """Raise `NotPermittedError` unless the user may manage users of a role, and their keys. Only owners manage owners (R23)."""
        self.require_manager()
        if role == OWNER and self.user.role != OWNER:
            msg = "Only owners can create or change owners, or manage owners' keys (R23)."
            raise NotPermittedError(msg)

    def require_writer(self) -> None:
        """Raise `NotPermittedError` for an auditor (R23)."""
        if self.audits:
            msg = "Auditors can read everything but can't write (R23)."
            raise NotPermittedError(msg)

    def require_auditor(self) -> None:
        """Raise `NotPermittedError` for a user who neither manages nor audits (R23)."""
        if not self.manages and not self.audits:
            msg = "Only owners, admins and auditors can see this (R23)."
            raise NotPermittedError(msg)

    def require_unrestricted(self) -> None:
        """Raise `NotPermittedError` for a user who sees assigned data only, because the request shows more than that (R22)."""
        if self.restricted:
            msg = "This shows more than the contacts assigned to you. Ask an owner or admin (R22)."
            raise NotPermittedError(msg)

    def require_group_chat(self) -> None:
        """Raise `GroupChatNotPermittedError` unless the user's role may create groups (R20)."""
        self.require_writer()
        if not self.state.roles.get(self.user.role, False):
            msg = f"Your role, {self.user.role}, may not create groups. An owner or admin can allow it (R20)."
            raise GroupChatNotPermittedError(msg)

    def may_send_from(self, number: str) -> bool:
        """Return whether the user has access to a business number (R21)."""
        owned = self.state.numbers.get(number)
        if owned is None:
            return False
        return self.manages or number == self.state.default_number or owned.assigned_to in (None, self.user.id)

    def require_number(self, number: str) -> None:
        """Raise `NumberAccessDeniedError` unless the user may send from a business number (R21).

        Raises `NumberGivenUpError` for a number that the workspace has given up (R56).
        """
        self.require_writer()
        if number in self.state.given_up:
            raise NumberGivenUpError(number)
        if not self.may_send_from(number):
            msg = f"You have no access to {number}. An owner or admin can assign it to you (R21)."
            raise NumberAccessDeniedError(msg, number=number)

    def require_recorder(self, number: str) -> None:
        """Raise `NumberAccessDeniedError` unless the user may record an opt-out from a business number, which may be given up."""
        if number not in self.state.given_up:
            self.require_number(number)
        self.require_writer()

    def require_assignable(self, user_id: str | None) -> None:
        """Raise `NotPermittedError` if a restricted user assigns a contact to anyone but themselves (R22, R23)."""
        if self.restricted and user_id != self.user.id:
            msg = "You can't assign a contact to someone else, because you only see contacts assigned to you (R22)."
            raise NotPermittedError(msg)

    def require_assigned(self, candidates: list[Candidate]) -> None:
        """Raise `ContactNotAssignedError` if a restricted user requests participants other than contacts assigned to them (R22)."""
        if not self.restricted:
            return
        foreign = [candidate for candidate in candidates if not self._is_mine(candidate.contact)]
        if foreign:
            indexes = [candidate.index for candidate in foreign]
            about = Subject(
                contact_ids=tuple(dict.fromkeys(each.contact.id for each in foreign if each.contact)),
                numbers=tuple(dict.fromkeys(each.number for each in foreign if each.number and not each.contact)),
            )
            msg = f"These participants are not contacts assigned to you: {', '.join(map(str, indexes))}, counted from 0 (R22)."
            raise ContactNotAssignedError(msg, indexes, about)

    # --- what can be seen

    def sees_contact(self, contact: Contact) -> bool:
        """Return whether a contact exists for the user (R22)."""
        return not self.restricted or self._is_mine(contact)

    def sees_group(self, group: GroupConversation, contacts: Mapping[str, Contact | None]) -> bool:
        """Return whether a group exists for the user; `contacts` has its linked contacts by id (R22)."""
        return not self.restricted or all(self._is_mine(contacts.get(member.contact_id or "")) for member in group.members)

    def _is_mine(self, contact: Contact | None) -> bool:
        return contact is not None and contact.assigned_to == self.user.id
