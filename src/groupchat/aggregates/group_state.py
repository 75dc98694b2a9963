"""The state of a group conversation, and how its events lead to it. The rules are in `group_conversation.py`."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from groupchat.aggregates.consent import Cause
from groupchat.aggregates.group_events import (
    ContactDeleted,
    ContactNumberChanged,
    ContactRenamed,
    Created,
    InboundReceived,
    MessageSent,
    ParticipantOptedIn,
    ParticipantOptedOut,
    Renamed,
    SucceededBy,
    Unblocked,
)
from groupchat.values.event import Recorded
from groupchat.values.policy import Policy

Kind = Literal["consent", "dnd"]
"""Two things keep a participant out, each until it is taken back: the number's word, and DND on its contact."""

REMEMBERED_RECEIPTS = 100
"""How many of the carrier's ids of inbound messages a conversation remembers, to know a repeated webhook."""


class Member(Struct, frozen=True, kw_only=True):
    """A participant as of now."""

    number: str
    contact_id: str | None
    name: str | None
    updated: bool = False
    deleted: bool = False
    out: tuple[Kind, ...] = ()
    blocks: bool = False

    @property
    def shown_as(self) -> str:
        """The contact's name, else the name given at creation, else the number (R11)."""
        return self.name or self.number


class GroupConversation(Struct, frozen=True, kw_only=True):
    """What the rules need to know of a group. `last_opt_out` is the version of the newest opt-out, 0 before any."""

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

    @property
    def numbers(self) -> tuple[str, ...]:
        """The frozen numbers (R8)."""
        return tuple(member.number for member in self.members)

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
        """Tell whether somebody opted out after the event of this version (R16)."""
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
            seen = (*state.carrier_message_ids, event.carrier_message_id)[-REMEMBERED_RECEIPTS:]
            return replace(state, last_activity=recorded.at, carrier_message_ids=seen)
        case ParticipantOptedOut():
            out = kind_of(event.cause)
            return replace(
                state,
                last_opt_out=recorded.version,
                members=_with_number(state, event.number, lambda m: {"out": _plus(m.out, out), "blocks": True}),
            )
        case ParticipantOptedIn():
            back = kind_of(event.cause)
            return replace(
                state, members=_with_number(state, event.number, lambda m: {"out": tuple(k for k in m.out if k != back)})
            )
        case Unblocked():
            return replace(state, members=tuple(replace(member, blocks=False) for member in state.members))
        case ContactNumberChanged():
            updated = event.number not in event.numbers
            return replace(state, members=_with_number(state, event.number, lambda _: {"updated": updated}))
        case ContactRenamed():
            return replace(state, members=_with_contact(state, event.contact_id, name=event.name))
        case ContactDeleted():
            return replace(state, members=_with_contact(state, event.contact_id, deleted=True))
        case Renamed():
            return replace(state, name=event.name)
        case SucceededBy():
            return replace(state, successor_id=event.conversation_id)
        case _:
            return state


def kind_of(cause: Cause) -> Kind:
    """Return what an opt-out of this cause stands on: the contact's DND, or the number's own word."""
    return "dnd" if cause == "dnd" else "consent"


def _plus(out: tuple[Kind, ...], kind: Kind) -> tuple[Kind, ...]:
    return out if kind in out else (*out, kind)


def _with_number(state: GroupConversation, number: str, change: Callable[[Member], dict[str, Any]]) -> tuple[Member, ...]:
    return tuple(replace(m, **change(m)) if m.number == number else m for m in state.members)


def _with_contact(state: GroupConversation, contact_id: str, **changes: Any) -> tuple[Member, ...]:
    return tuple(replace(m, **changes) if m.contact_id == contact_id else m for m in state.members)
