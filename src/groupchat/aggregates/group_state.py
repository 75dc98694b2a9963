"""The state of a group conversation, and the fold of its events. The rules are in `group_conversation.py`."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from groupchat.aggregates.consent import RECORDED, Cause
from groupchat.aggregates.group_events import (
    AutoReplied,
    Created,
    GroupMetadataChanged,
    GroupRenamed,
    InboundReceived,
    MessageSent,
    ParticipantContactDeleted,
    ParticipantContactLinked,
    ParticipantContactMerged,
    ParticipantContactNumberChanged,
    ParticipantContactRenamed,
    ParticipantOptedIn,
    ParticipantOptedOut,
    ParticipantOptOutTakenBack,
    ReactionReceived,
    SucceededBy,
    Unblocked,
)
from groupchat.values.event import Recorded
from groupchat.values.policy import Policy

K = TypeVar("K")

Kind = Literal["consent", "hand", "dnd"]
"""Three things opt a participant out, each until it is taken back: the person's word, a user's record of it, and DND."""
Block = Kind | Literal["mistake"]
"""The grounds of a block. A `mistake` was taken back, but another group had the same participants by then (R35, R39)."""

REMEMBERED_INBOUND_IDS = 100
"""The number of the carrier's message ids that a conversation remembers to recognize a repeated webhook."""


class Member(Struct, frozen=True, kw_only=True, gc=False):
    """A participant as of now."""

    number: str
    contact_id: str | None
    name: str | None
    updated: bool = False
    deleted: bool = False
    out: tuple[Kind, ...] = ()
    blocked_for: tuple[Block, ...] = ()
    """The reason why this participant blocks the group; it stays when they opt in again (R17)."""
    helped_at: datetime | None = None
    """When their last request for help was answered (R41)."""

    @property
    def blocks(self) -> bool:
        """Whether the participant's opt-out blocks the group."""
        return bool(self.blocked_for)

    @property
    def shown_as(self) -> str:
        """The contact's name, else the name given at creation, else the number (R11)."""
        return self.name or self.number


class GroupConversation(Struct, frozen=True, kw_only=True, gc=False):
    """A group, as the rules see it. `last_opt_out` is the version of the newest opt-out, 0 without one."""

    workspace_id: str
    business_number: str
    name: str | None
    members: tuple[Member, ...]
    policy: Policy
    last_activity: datetime
    version: int = 1
    last_opt_out: int = 0
    predecessor_id: str | None = None
    successor_id: str | None = None
    carrier_message_ids: tuple[str, ...] = ()
    metadata: dict[str, str] = {}

    @property
    def numbers(self) -> tuple[str, ...]:
        """The frozen numbers (R8)."""
        return tuple(member.number for member in self.members)

    @property
    def direct(self) -> bool:
        """Whether it is between the business and one person, which only that person can begin (R44)."""
        return len(self.members) == 1

    @property
    def blocked_by(self) -> tuple[str, ...]:
        """The numbers whose opt-out blocks the group; none while it is not blocked."""
        return tuple(member.number for member in self.members if member.blocks)

    @property
    def blocked(self) -> bool:
        """Whether nothing can be sent (R15)."""
        return any(member.blocks for member in self.members)

    def member(self, number: str) -> Member | None:
        """Return the participant with a number."""
        return next((member for member in self.members if member.number == number), None)

    def opted_out_since(self, version: int) -> bool:
        """Return whether someone opted out after the event of this version (R16)."""
        return self.last_opt_out > version


def evolve(state: GroupConversation | None, recorded: Recorded) -> GroupConversation | None:
    """Fold one event."""
    event = recorded.event
    if isinstance(event, Created):
        members = tuple(Member(number=p.number, contact_id=p.contact_id, name=p.name) for p in event.roster)
        return GroupConversation(
            workspace_id=recorded.cause.workspace_id,
            business_number=event.business_number,
            name=event.name,
            members=members,
            policy=event.policy,
            predecessor_id=event.predecessor_id,
            last_activity=recorded.at,
        )
    if state is None:
        return None
    state = replace(state, version=recorded.version)
    match event:
        case MessageSent():
            return replace(state, last_activity=recorded.at)
        case InboundReceived():
            return replace(state, last_activity=recorded.at, carrier_message_ids=_seen(state, event))
        case AutoReplied(purpose="help"):
            return replace(state, members=_with_number(state, event.number, lambda _: {"helped_at": recorded.at}))
        case ReactionReceived():
            return replace(state, carrier_message_ids=_seen(state, event))
        case ParticipantOptedOut():
            out = kind_of(event.cause)
            return replace(
                state,
                last_opt_out=recorded.version,
                members=_with_number(
                    state, event.number, lambda m: {"out": _plus(m.out, out), "blocked_for": _plus(m.blocked_for, out)}
                ),
            )
        case ParticipantOptedIn():
            back = ended_by(event.cause)
            return replace(
                state, members=_with_number(state, event.number, lambda m: {"out": tuple(k for k in m.out if k not in back)})
            )
        case ParticipantOptOutTakenBack():
            return _without_mistake(state, event.number)
        case Unblocked():
            return replace(state, members=tuple(replace(member, blocked_for=()) for member in state.members))
        case ParticipantContactLinked():
            linked = {"contact_id": event.contact_id, "name": event.name, "updated": False, "deleted": False}
            return replace(state, members=_with_number(state, event.number, lambda _: linked))
        case ParticipantContactMerged():
            merged = {"contact_id": event.contact_id, "name": event.name, "deleted": False}
            return replace(state, members=_with_number(state, event.number, lambda _: merged))
        case ParticipantContactNumberChanged():
            updated = event.number not in event.numbers
            return replace(state, members=_with_number(state, event.number, lambda _: {"updated": updated}))
        case ParticipantContactRenamed():
            return replace(state, members=_with_contact(state, event.contact_id, name=event.name))
        case ParticipantContactDeleted():
            return replace(state, members=_with_contact(state, event.contact_id, deleted=True))
        case GroupRenamed():
            return replace(state, name=event.name)
        case GroupMetadataChanged():
            return replace(state, metadata=event.metadata)
        case SucceededBy():
            return replace(state, successor_id=event.conversation_id)
        case _:
            return state


def kind_of(cause: Cause) -> Kind:
    """Return the ground of an opt-out with this cause: DND, a user's record, or the person's own word."""
    return "dnd" if cause == "dnd" else "hand" if cause in RECORDED else "consent"


def ended_by(cause: Cause) -> tuple[Kind, ...]:
    """Return the grounds that an opt-in with this cause ends: DND for DND off, the person's and a user's word for the person's."""
    return ("dnd",) if cause == "dnd" else ("consent", "hand")


def _seen(state: GroupConversation, event: InboundReceived | ReactionReceived) -> tuple[str, ...]:
    return (*state.carrier_message_ids, event.carrier_message_id)[-REMEMBERED_INBOUND_IDS:]


def _plus(kinds: tuple[K, ...], kind: K) -> tuple[K, ...]:
    return kinds if kind in kinds else (*kinds, kind)


def _without_mistake(state: GroupConversation, number: str) -> GroupConversation:
    """Return the state without a user's record. If nothing else blocks the group, `Unblocked` ends the block, not this."""
    members = _with_number(
        state,
        number,
        lambda m: {"out": tuple(k for k in m.out if k != "hand"), "blocked_for": tuple(k for k in m.blocked_for if k != "hand")},
    )
    after = replace(state, members=members)
    if state.blocked and not after.blocked:
        return replace(after, members=_with_number(after, number, lambda _: {"blocked_for": ("mistake",)}))
    return after


def _with_number(state: GroupConversation, number: str, change: Callable[[Member], dict[str, Any]]) -> tuple[Member, ...]:
    return tuple(replace(m, **change(m)) if m.number == number else m for m in state.members)


def _with_contact(state: GroupConversation, contact_id: str, **changes: Any) -> tuple[Member, ...]:
    return tuple(replace(m, **changes) if m.contact_id == contact_id else m for m in state.members)
