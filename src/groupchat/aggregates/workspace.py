"""Workspace: a tenant, with its users and their keys, roles, policy and rates.

- R1, R17 The policy: group sizes, allowed regions, whether an opt-in reopens.
- R20 Roles: owner, admin, member and auditor exist from the beginning, others are defined; each may create groups or not.
- R38 The workspace's own keywords, in addition to those of `keywords.py`.
- R25 The rate in effect is the one with the latest date that is not after the message's, then the one posted last: `rate_at`.

The events are in `workspace_events.py`, the rules of its business numbers in `business_numbers.py`; `access.py` decides who may do
what.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import assert_never

from msgspec import Struct, field
from msgspec.structs import replace

from groupchat.aggregates.keywords import NO_WORDS, Words
from groupchat.aggregates.policy import ChangePolicy, ChooseKeywords, change_policy, choose_keywords
from groupchat.aggregates.rate_card import PostRate, post_rate
from groupchat.aggregates.user_keys import ApiKey, IssueKey, RevokeKey, UserDeactivatedError, require_room, require_way_in
from groupchat.aggregates.workspace_events import (
    DefaultNumberChosen,
    KeyIssued,
    KeyRevoked,
    KeywordsChosen,
    NumberAdded,
    NumberAssigned,
    NumberCarrierChosen,
    NumberGivenUp,
    NumberLabelled,
    PolicyChanged,
    RatePosted,
    RoleDefined,
    UserAdded,
    UserDeactivated,
    UserEmailChanged,
    UserReactivated,
    UserRenamed,
    UserRoleChanged,
    WorkspaceCreated,
)
from groupchat.values.errors import InvalidRequestError, NotFoundError
from groupchat.values.event import Actor, Event, Recorded
from groupchat.values.lasting import LastingMap
from groupchat.values.money import Rate
from groupchat.values.policy import PRESETS, Policy

DEFAULT_RATE = Rate(mms_segment=Decimal("0.0200"), currency="USD")
"""The price of a segment if no posted rate applies."""

OWNER, ADMIN, MEMBER, AUDITOR = "owner", "admin", "member", "auditor"
BUILT_IN_ROLES: dict[str, bool] = {OWNER: True, ADMIN: True, MEMBER: True, AUDITOR: False}
"""The roles that every workspace has, and whether they may create groups by default (R20)."""

# --- state


class User(Struct, frozen=True, kw_only=True):
    """A user of the workspace."""

    id: str
    name: str
    email: str
    role: str
    assigned_only: bool = False
    active: bool = True


class PostedRate(Struct, frozen=True):
    """A line of the rate card."""

    effective_from: date
    rate: Rate
    posted_at: datetime


class BusinessNumber(Struct, frozen=True, kw_only=True):
    """A number that the workspace sends from."""

    number: str
    label: str | None
    assigned_to: str | None
    carrier: str | None = None
    """The carrier that it names; none for the default one (R43)."""


class Workspace(Struct, frozen=True, kw_only=True):
    """A tenant, as the rules see it."""

    name: str
    created_at: datetime
    policy: Policy
    users: dict[str, User] = {}
    roles: dict[str, bool] = field(default_factory=BUILT_IN_ROLES.copy)
    """Whether each role may create groups (R20)."""
    keys: LastingMap[ApiKey] = LastingMap()
    """Keys that are not revoked, by their hash."""
    key_hashes: LastingMap[str] = LastingMap()
    """The hashes of the keys, by the keys' ids."""
    hashes_of: LastingMap[tuple[str, ...]] = LastingMap()
    """The hashes of a user's keys, by the user's id, oldest first."""
    numbers: dict[str, BusinessNumber] = {}
    given_up: tuple[str, ...] = ()
    """Numbers that the workspace has given up and may add again (R56)."""
    default_number: str | None = None
    keywords: Words = NO_WORDS
    """The workspace's own keywords (R38)."""

    rates: tuple[PostedRate, ...] = ()
    """The rate card, in the order of posting."""

    @property
    def numbers_ever(self) -> tuple[str, ...]:
        """All numbers that conversations may have: those that the workspace sends from, and those that it gave up."""
        return (*self.numbers, *self.given_up)

    def carrier_of(self, number: str) -> str | None:
        """Return the carrier that a business number names, if it is one of the workspace and names one (R43)."""
        owned = self.numbers.get(number)
        return None if owned is None else owned.carrier

    def holder_of(self, key_hash: str, moment: datetime) -> User | None:
        """Return the user whose key has this hash, if the key is valid at this moment."""
        key = self.keys.get(key_hash)
        return self.active_user(key.user_id) if key is not None and key.opens_at(moment) else None

    def active_user(self, user_id: str) -> User | None:
        """Return a user who is not deactivated."""
        user = self.users.get(user_id)
        return user if user is not None and user.active else None

    def keys_of(self, user_id: str) -> list[ApiKey]:
        """Return a user's keys that are not revoked, oldest first; expired ones may be missing."""
        return [key for hash_ in self.hashes_of.get(user_id) or () if (key := self.keys.get(hash_)) is not None]

    def keys_of_owners(self) -> list[ApiKey]:
        """Return the keys of all owners."""
        return [key for user in self.users.values() if user.active and user.role == OWNER for key in self.keys_of(user.id)]

    def rate_at(self, moment: datetime) -> Rate:
        """Return the rate in effect at a moment, by its UTC date (R25)."""
        line = self.rate_line_at(moment)
        return DEFAULT_RATE if line is None else self.rates[line].rate

    def rate_line_at(self, moment: datetime) -> int | None:
        """Return the line of the rate card in effect at a moment; none if the default applies."""
        day = moment.astimezone(UTC).date()
        begun = [(posted.effective_from, line) for line, posted in enumerate(self.rates) if posted.effective_from <= day]
        return max(begun)[1] if begun else None


def evolve(state: Workspace | None, recorded: Recorded) -> Workspace | None:
    """Fold one event."""
    event = recorded.event
    match event:
        case WorkspaceCreated():
            return Workspace(name=event.name, created_at=recorded.at, policy=event.policy)
        case _ if state is None:
            return None
        case UserAdded():
            user = User(id=event.user_id, name=event.name, email=event.email, role=event.role, assigned_only=event.assigned_only)
            return replace(state, users=state.users | {user.id: user})
        case UserRoleChanged():
            return _with_user(state, event.user_id, role=event.role, assigned_only=event.assigned_only)
        case UserRenamed():
            return _with_user(state, event.user_id, name=event.name)
        case UserEmailChanged():
            return _with_user(state, event.user_id, email=event.email)
        case UserDeactivated() | UserReactivated():
            return _with_user(state, event.user_id, active=isinstance(event, UserReactivated))
        case KeyIssued():
            return _with_key(state, event, recorded)
        case KeyRevoked():
            return _without_key(state, event.key_id)
        case RoleDefined():
            return replace(state, roles=state.roles | {event.role: event.group_chat})
        case RatePosted():
            posted = PostedRate(event.effective_from, event.rate, recorded.at)
            return replace(state, rates=(*state.rates, posted))
        case NumberAdded():
            number = BusinessNumber(number=event.number, label=event.label, assigned_to=event.assigned_to)
            given_up = _without(state.given_up, event.number)
            return replace(state, numbers=state.numbers | {number.number: number}, given_up=given_up)
        case NumberGivenUp():
            left = {number: owned for number, owned in state.numbers.items() if number != event.number}
            return replace(state, numbers=left, given_up=(*_without(state.given_up, event.number), event.number))
        case NumberLabelled():
            return _with_number(state, event.number, label=event.label)
        case NumberAssigned():
            return _with_number(state, event.number, assigned_to=event.user_id)
        case NumberCarrierChosen():
            return _with_number(state, event.number, carrier=event.carrier)
        case DefaultNumberChosen():
            return replace(state, default_number=event.number)
        case PolicyChanged():
            return replace(state, policy=event.policy)
        case KeywordsChosen():
            return replace(state, keywords=Words(out=event.opt_out, in_=event.opt_in))
        case _:
            return state


def _without(numbers: tuple[str, ...], number: str) -> tuple[str, ...]:
    return tuple(other for other in numbers if other != number)


def _with_key(state: Workspace, event: KeyIssued, recorded: Recorded) -> Workspace:
    """Add a key, and drop the same user's expired ones, so that a user's keys don't grow without limit."""
    for held in state.keys_of(event.user_id):
        if not held.opens_at(recorded.at):
            state = _without_key(state, held.id)
    trusted = _is_trusted(state, recorded.cause.actor)
    key = ApiKey(
        id=event.key_id,
        user_id=event.user_id,
        issued_at=recorded.at,
        expires_at=event.expires_at,
        label=event.label,
        trusted=trusted,
    )
    return replace(
        state,
        keys=state.keys.with_(event.key_hash, key),
        key_hashes=state.key_hashes.with_(key.id, event.key_hash),
        hashes_of=state.hashes_of.with_(key.user_id, (*(state.hashes_of.get(key.user_id) or ()), event.key_hash)),
    )


def _without_key(state: Workspace, key_id: str) -> Workspace:
    hash_ = state.key_hashes.get(key_id)
    key = None if hash_ is None else state.keys.get(hash_)
    if hash_ is None or key is None:
        return state
    left = tuple(other for other in state.hashes_of.get(key.user_id) or () if other != hash_)
    return replace(
        state,
        keys=state.keys.without(hash_),
        key_hashes=state.key_hashes.without(key_id),
        hashes_of=state.hashes_of.with_(key.user_id, left),
    )


def _is_trusted(state: Workspace, actor: Actor) -> bool:
    """Return whether an actor may see an owner's key: an owner, or the operator's command line."""
    user = state.users.get(actor.id)
    return actor.kind == "process" or (user is not None and user.role == OWNER)


def _with_user(state: Workspace, user_id: str, **changes: str | bool) -> Workspace:
    if user_id not in state.users:
        return state
    return replace(state, users=state.users | {user_id: replace(state.users[user_id], **changes)})


def _with_number(state: Workspace, number: str, **changes: str | None) -> Workspace:
    if number not in state.numbers:
        return state
    return replace(state, numbers=state.numbers | {number: replace(state.numbers[number], **changes)})


# --- commands


class CreateWorkspace(Struct, frozen=True, kw_only=True):
    """Begin a tenant."""

    name: str


class DefineRole(Struct, frozen=True, kw_only=True):
    """Define a role, or change its permissions (R20)."""

    role: str
    group_chat: bool


Command = CreateWorkspace | IssueKey | RevokeKey | DefineRole | ChangePolicy | ChooseKeywords | PostRate


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
