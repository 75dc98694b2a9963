"""Workspace: a tenant, with its users, their keys, its business numbers and its policy.

- R4 A business number is a valid number of an allowed region, not toll-free, and belongs to one workspace only: the claim has a
  stream of its own per number (`claim_stream`), written in the same append.
- R1, R17 The policy: group sizes, allowed regions, whether an opt-in reopens.
- R21 Who may send from a number: `may_send_from`. R23 Who manages: `require_manager`. R20 to R22 in full come with roles.
- R25 The rate in force: `rate_at`. There is one default rate; a rate card by date comes with billing.
"""

from datetime import datetime
from decimal import Decimal
from typing import Literal, assert_never

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict, replace

from groupchat.values import phone
from groupchat.values.errors import InvalidRequestError, NotFoundError, NotPermittedError, RefusalError
from groupchat.values.event import Event, Recorded, stored_as
from groupchat.values.money import Rate
from groupchat.values.policy import PRESETS, Policy, Preset

Role = Literal["owner", "member"]
DEFAULT_RATE = Rate(mms_segment=Decimal("0.0200"), currency="USD")

# --- events


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


@stored_as("groupchat.workspace.key_issued")
class KeyIssued(Event, frozen=True, kw_only=True):
    """A user got an API key, of which only the hash (SHA-256, hexadecimal) is kept."""

    key_id: str
    user_id: str
    key_hash: str


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


@stored_as("groupchat.workspace.number_labelled")
class NumberLabelled(Event, frozen=True, kw_only=True):
    """A number has another label."""

    number: str
    label: str | None


@stored_as("groupchat.workspace.number_assigned")
class NumberAssigned(Event, frozen=True, kw_only=True):
    """A number is assigned to a user, or to nobody."""

    number: str
    user_id: str | None


@stored_as("groupchat.workspace.default_number_chosen")
class DefaultNumberChosen(Event, frozen=True, kw_only=True):
    """One number, or none, is everybody's default."""

    number: str | None


@stored_as("groupchat.workspace.policy_changed")
class PolicyChanged(Event, frozen=True, kw_only=True):
    """The workspace has this policy now."""

    policy: Policy


# --- state


class User(Struct, frozen=True, kw_only=True):
    """A user of the workspace."""

    id: str
    name: str
    email: str
    role: str

    @property
    def manages(self) -> bool:
        """Whether the user manages numbers, policy and users (R23)."""
        return self.role == "owner"


class BusinessNumber(Struct, frozen=True, kw_only=True):
    """A number that the workspace sends from."""

    number: str
    label: str | None
    assigned_to: str | None


class Workspace(Struct, frozen=True, kw_only=True):
    """What the rules need to know of a tenant."""

    name: str
    policy: Policy
    users: dict[str, User] = {}
    keys: dict[str, str] = {}
    """User ids by the hash of their keys."""
    numbers: dict[str, BusinessNumber] = {}
    default_number: str | None = None

    def may_send_from(self, user: User, number: str) -> bool:
        """Tell whether a user has access to a business number (R21)."""
        owned = self.numbers.get(number)
        if owned is None:
            return False
        return user.manages or number == self.default_number or owned.assigned_to in (None, user.id)

    def rate_at(self, moment: datetime) -> Rate:  # noqa: ARG002 - the moment decides once there is a rate card (R25)
        """Return the rate in force at a moment (R25)."""
        return DEFAULT_RATE


def claim_stream(number: str) -> str:
    """Return the stream that says to which workspace a business number belongs."""
    return f"number-{number}"


def evolve_claim(state: str | None, recorded: Recorded) -> str | None:
    """Fold a number's claim into the id of the workspace that it belongs to."""
    event = recorded.event
    return event.workspace_id if isinstance(event, NumberClaimed) else state


def evolve(state: Workspace | None, recorded: Recorded) -> Workspace | None:
    """Fold one event."""
    event = recorded.event
    match event:
        case WorkspaceCreated():
            return Workspace(name=event.name, policy=event.policy)
        case _ if state is None:
            return None
        case UserAdded():
            user = User(id=event.user_id, name=event.name, email=event.email, role=event.role)
            return replace(state, users=state.users | {user.id: user})
        case KeyIssued():
            return replace(state, keys=state.keys | {event.key_hash: event.user_id})
        case NumberAdded():
            number = BusinessNumber(number=event.number, label=event.label, assigned_to=event.assigned_to)
            return replace(state, numbers=state.numbers | {number.number: number})
        case NumberLabelled():
            return _with_number(state, event.number, label=event.label)
        case NumberAssigned():
            return _with_number(state, event.number, assigned_to=event.user_id)
        case DefaultNumberChosen():
            return replace(state, default_number=event.number)
        case PolicyChanged():
            return replace(state, policy=event.policy)
        case _:
            return state


def _with_number(state: Workspace, number: str, **changes: str | None) -> Workspace:
    return replace(state, numbers=state.numbers | {number: replace(state.numbers[number], **changes)})


# --- errors


class NumberTakenError(RefusalError):
    """R4: the business number belongs to a workspace already."""

    slug = "number-taken"


# --- commands


class Create(Struct, frozen=True, kw_only=True):
    """Begin a tenant."""

    name: str


class AddUser(Struct, frozen=True, kw_only=True):
    """Add a user with a first key."""

    user_id: str
    name: str
    email: str
    role: Role
    key_id: str
    key_hash: str


class IssueKey(Struct, frozen=True, kw_only=True):
    """Give a user another key."""

    user_id: str
    key_id: str
    key_hash: str


class AddNumber(Struct, frozen=True, kw_only=True):
    """Add a business number. `claimed` tells whether any workspace has it."""

    number: str
    label: str | None = None
    default: bool = False
    assigned_to: str | None = None
    claimed: bool = False


class ChangeNumber(Struct, frozen=True, kw_only=True):
    """Change what is given of a number; leave the rest."""

    number: str
    label: str | UnsetType | None = UNSET
    default: bool | UnsetType = UNSET
    assigned_to: str | UnsetType | None = UNSET


class ChangePolicy(Struct, frozen=True, kw_only=True):
    """Change what is given; the rest stays as it is, or as the preset named here says."""

    preset: Preset | UnsetType = UNSET
    min_participants: int | UnsetType = UNSET
    max_participants: int | UnsetType = UNSET
    allowed_regions: tuple[str, ...] | UnsetType = UNSET
    reopen_on_opt_in: bool | UnsetType = UNSET


Command = Create | AddUser | IssueKey | AddNumber | ChangeNumber | ChangePolicy


def decide(command: Command, state: Workspace | None) -> list[Event]:
    """Return the events of a command; none where it changes nothing."""
    if isinstance(command, Create):
        return [WorkspaceCreated(name=command.name, policy=PRESETS["heymarket"])]
    state = existing(state)
    match command:
        case AddUser():
            return [
                UserAdded(user_id=command.user_id, name=command.name, email=command.email, role=command.role),
                KeyIssued(key_id=command.key_id, user_id=command.user_id, key_hash=command.key_hash),
            ]
        case IssueKey():
            return [KeyIssued(key_id=command.key_id, user_id=command.user_id, key_hash=command.key_hash)]
        case AddNumber():
            return _add_number(command, state)
        case ChangeNumber():
            return _change_number(command, state)
        case ChangePolicy():
            return _change_policy(command, state)
        case _:
            assert_never(command)


def existing(state: Workspace | None) -> Workspace:
    """Return the workspace, or raise `NotFoundError`."""
    if state is None:
        msg = "There is no such workspace; `groupchat init` creates one."
        raise NotFoundError(msg)
    return state


def require_manager(user: User) -> None:
    """Raise `NotPermittedError` unless the user manages the workspace (R23)."""
    if not user.manages:
        msg = f"Your role, {user.role}, does not manage this workspace; ask an owner to do it (R23)."
        raise NotPermittedError(msg)


def require_number_of(state: Workspace, number: str) -> BusinessNumber:
    """Return a business number of the workspace, or raise `NotFoundError`."""
    owned = state.numbers.get(number)
    if owned is None:
        msg = f"{number} is not a number of this workspace; GET /v1/numbers lists them."
        raise NotFoundError(msg)
    return owned


def _add_number(command: AddNumber, state: Workspace) -> list[Event]:
    if command.claimed:
        msg = f"{command.number} belongs to a workspace already; a business number can have only one (R4)."
        raise NumberTakenError(msg)
    if phone.is_toll_free(command.number):
        raise InvalidRequestError("number", f"{command.number} is toll-free; carriers take no group messages from it (R4).")
    if not phone.can_be_texted(command.number):
        raise InvalidRequestError("number", f"{command.number} is premium-rate or personal; give a local number (R4).")
    region = phone.region_of(command.number)
    if region not in state.policy.allowed_regions:
        allowed = ", ".join(state.policy.allowed_regions)
        raise InvalidRequestError("number", f"{command.number} is of region {region}; the policy allows {allowed} (R4).")
    require_user(state, command.assigned_to)
    events: list[Event] = [
        NumberAdded(number=command.number, label=command.label, assigned_to=command.assigned_to),
    ]
    if command.default:
        events.append(DefaultNumberChosen(number=command.number))
    return events


def _change_number(command: ChangeNumber, state: Workspace) -> list[Event]:
    owned = require_number_of(state, command.number)
    events: list[Event] = []
    if command.label is not UNSET and command.label != owned.label:
        events.append(NumberLabelled(number=owned.number, label=command.label))
    if command.assigned_to is not UNSET and command.assigned_to != owned.assigned_to:
        require_user(state, command.assigned_to)
        events.append(NumberAssigned(number=owned.number, user_id=command.assigned_to))
    is_default = state.default_number == owned.number
    if command.default is not UNSET and command.default != is_default:
        events.append(DefaultNumberChosen(number=owned.number if command.default else None))
    return events


def _change_policy(command: ChangePolicy, state: Workspace) -> list[Event]:
    base = state.policy if command.preset is UNSET else PRESETS[command.preset]
    changes = {name: value for name, value in asdict(command).items() if value is not UNSET}
    policy = replace(base, **changes)
    if policy.min_participants > policy.max_participants:
        detail = f"min_participants ({policy.min_participants}) is above max_participants ({policy.max_participants})."
        raise InvalidRequestError("min_participants", detail)
    return [] if policy == state.policy else [PolicyChanged(policy=policy)]


def require_user(state: Workspace, user_id: str | None) -> None:
    """Raise `InvalidRequestError` unless the user to assign to, if any, is of the workspace."""
    if user_id is not None and user_id not in state.users:
        raise InvalidRequestError("assigned_to", f"{user_id} is no user of this workspace.")
