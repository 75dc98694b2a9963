"""The state of a workspace, and the fold of its events.

The rules are in `workspace.py`, `users.py`, `user_keys.py`, `business_numbers.py` and `webhooks.py`.

- R25 The rate in effect is the one with the latest date that is not after the message's, then the one posted last: `rate_at`.
"""

from datetime import UTC, date, datetime
from decimal import Decimal

from msgspec import Struct, field
from msgspec.structs import replace

from groupchat.aggregates import webhook_state
from groupchat.aggregates.auto_replies import STANDARD_REPLIES, AutoReplies
from groupchat.aggregates.keywords import NO_WORDS, Words
from groupchat.aggregates.user_keys import ApiKey
from groupchat.aggregates.webhook_events import WEBHOOK_EVENTS
from groupchat.aggregates.webhook_state import Webhooks
from groupchat.aggregates.workspace_events import (
    AutoRepliesChosen,
    DefaultNumberChosen,
    KeyIssued,
    KeyRevoked,
    KeywordsChosen,
    NumberAdded,
    NumberAssigned,
    NumberCarrierChosen,
    NumberGivenUp,
    NumberLabeled,
    PolicyChanged,
    RatePosted,
    RoleDefined,
    UserAdded,
    UserDeactivated,
    UserEmailChanged,
    UserExternalIdGiven,
    UserReactivated,
    UserRenamed,
    UserRoleChanged,
    WorkspaceCreated,
)
from groupchat.values.event import Actor, Recorded
from groupchat.values.lasting import LastingMap
from groupchat.values.money import Rate
from groupchat.values.policy import Policy

DEFAULT_RATE = Rate(mms_segment=Decimal("0.0200"), currency="USD")
"""The price of a segment if no posted rate applies."""

OWNER, ADMIN, MEMBER, AUDITOR = "owner", "admin", "member", "auditor"
BUILT_IN_ROLES: dict[str, bool] = {OWNER: True, ADMIN: True, MEMBER: True, AUDITOR: False}
"""The roles that every workspace has, and whether they may create groups by default (R20)."""


class User(Struct, frozen=True, kw_only=True):
    """A user of the workspace."""

    id: str
    name: str
    email: str
    role: str
    assigned_only: bool
    active: bool
    external_id: str | None = None


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
    auto_replies: AutoReplies = STANDARD_REPLIES
    """How it confirms opt-outs and answers HELP (R41)."""

    rates: tuple[PostedRate, ...] = ()
    """The rate card, in the order of posting."""
    webhooks: Webhooks = {}
    """The addresses that the workspace's events are sent to (R55)."""

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
            added = User(
                id=event.user_id,
                name=event.name,
                email=event.email,
                role=event.role,
                assigned_only=event.assigned_only,
                active=True,
            )
            return replace(state, users=state.users | {added.id: added})
        case UserRoleChanged():
            return _with_user(state, event.user_id, role=event.role, assigned_only=event.assigned_only)
        case UserRenamed():
            return _with_user(state, event.user_id, name=event.name)
        case UserEmailChanged():
            return _with_user(state, event.user_id, email=event.email)
        case UserExternalIdGiven():
            return _with_user(state, event.user_id, external_id=event.external_id)
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
        case NumberLabeled():
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
        case AutoRepliesChosen():
            return replace(state, auto_replies=event.auto_replies)
        case _ if isinstance(event, WEBHOOK_EVENTS):
            return replace(state, webhooks=webhook_state.evolve(state.webhooks, event, recorded))
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


def _with_user(state: Workspace, user_id: str, **changes: str | bool | None) -> Workspace:
    if user_id not in state.users:
        return state
    return replace(state, users=state.users | {user_id: replace(state.users[user_id], **changes)})


def _with_number(state: Workspace, number: str, **changes: str | None) -> Workspace:
    if number not in state.numbers:
        return state
    return replace(state, numbers=state.numbers | {number: replace(state.numbers[number], **changes)})
