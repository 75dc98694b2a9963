"""The events of a workspace. The rules are in `workspace.py`."""

from datetime import date

from groupchat.aggregates.auto_replies import AutoReplies
from groupchat.values.event import Event, Moment, stored_as
from groupchat.values.money import Rate
from groupchat.values.policy import Policy


@stored_as("groupchat.workspace.created")
class WorkspaceCreated(Event, frozen=True, kw_only=True):
    """A tenant began."""

    name: str
    policy: Policy


@stored_as("groupchat.workspace.user_added")
class UserAdded(Event, frozen=True, kw_only=True):
    """A user joined."""

    user_id: str
    name: str
    email: str
    role: str
    assigned_only: bool = False


@stored_as("groupchat.workspace.key_issued")
class KeyIssued(Event, frozen=True, kw_only=True):
    """A user got an API key, of which only the hash (SHA-256, hexadecimal) is stored."""

    key_id: str
    user_id: str
    key_hash: str
    expires_at: Moment | None = None
    label: str | None = None


@stored_as("groupchat.workspace.number_claimed")
class NumberClaimed(Event, frozen=True, kw_only=True):
    """A business number belongs to this workspace, and to no other (in the number's own stream)."""

    number: str
    workspace_id: str


@stored_as("groupchat.workspace.number_added")
class NumberAdded(Event, frozen=True, kw_only=True):
    """The workspace can send from a number."""

    number: str
    label: str | None
    assigned_to: str | None


@stored_as("groupchat.workspace.number_labeled")
class NumberLabeled(Event, frozen=True, kw_only=True):
    """A number has a new label."""

    number: str
    label: str | None


@stored_as("groupchat.workspace.number_assigned")
class NumberAssigned(Event, frozen=True, kw_only=True):
    """A number is assigned to a user, or to nobody."""

    number: str
    user_id: str | None


@stored_as("groupchat.workspace.number_carrier_chosen")
class NumberCarrierChosen(Event, frozen=True, kw_only=True):
    """A number's messages go over this carrier from now on, over the default one if none is named (R43)."""

    number: str
    carrier: str | None


@stored_as("groupchat.workspace.number_given_up")
class NumberGivenUp(Event, frozen=True, kw_only=True):
    """The workspace has stopped sending from a number; its history stays (R56)."""

    number: str


@stored_as("groupchat.workspace.default_number_chosen")
class DefaultNumberChosen(Event, frozen=True, kw_only=True):
    """One number, or none, is everyone's default."""

    number: str | None


@stored_as("groupchat.workspace.policy_changed")
class PolicyChanged(Event, frozen=True, kw_only=True):
    """The workspace now has this policy."""

    policy: Policy


@stored_as("groupchat.workspace.keywords_chosen")
class KeywordsChosen(Event, frozen=True, kw_only=True):
    """The workspace now has these own keywords, in addition to the standard ones (R38)."""

    opt_out: tuple[str, ...]
    opt_in: tuple[str, ...]


@stored_as("groupchat.workspace.auto_replies_chosen")
class AutoRepliesChosen(Event, frozen=True, kw_only=True):
    """The workspace now confirms opt-outs and answers HELP in this way (R41); a text of `null` is the standard one."""

    auto_replies: AutoReplies


@stored_as("groupchat.workspace.user_role_changed")
class UserRoleChanged(Event, frozen=True, kw_only=True):
    """A user has a new role, or the restriction to assigned data was set or removed (R20, R22)."""

    user_id: str
    role: str
    assigned_only: bool


@stored_as("groupchat.workspace.user_renamed")
class UserRenamed(Event, frozen=True, kw_only=True):
    """A user has another name."""

    user_id: str
    name: str


@stored_as("groupchat.workspace.user_email_changed")
class UserEmailChanged(Event, frozen=True, kw_only=True):
    """A user has another e-mail address."""

    user_id: str
    email: str


@stored_as("groupchat.workspace.user_external_id_given")
class UserExternalIdGiven(Event, frozen=True, kw_only=True):
    """A user has this id in another system, or none (R54)."""

    user_id: str
    external_id: str | None


@stored_as("groupchat.workspace.user_deactivated")
class UserDeactivated(Event, frozen=True, kw_only=True):
    """A user can't log in anymore. Their keys were revoked before."""

    user_id: str


@stored_as("groupchat.workspace.user_reactivated")
class UserReactivated(Event, frozen=True, kw_only=True):
    """A user can log in again, with new keys."""

    user_id: str


@stored_as("groupchat.workspace.key_revoked")
class KeyRevoked(Event, frozen=True, kw_only=True):
    """A key was revoked."""

    key_id: str


@stored_as("groupchat.workspace.role_defined")
class RoleDefined(Event, frozen=True, kw_only=True):
    """A role exists and has these permissions (R20)."""

    role: str
    group_chat: bool


@stored_as("groupchat.workspace.rate_posted")
class RatePosted(Event, frozen=True, kw_only=True):
    """From the first second (UTC) of a date on, a segment costs this price (R25)."""

    effective_from: date
    rate: Rate
