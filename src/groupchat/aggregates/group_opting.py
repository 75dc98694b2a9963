"""Opting out of a group conversation, and in again: the part of `group_conversation.py` that decides who is opted out.

- R14 A participant is opted out by their own word, by a user's record of it, or by DND on their contact; each is recorded once.
- R17 A blocked group stays blocked, unless the policy at its creation reopens it (`reopen_on_opt_in`), everyone is in again, and no
  other open group has the same participants (R35).
- R39 An opt-out that a user recorded by mistake can be taken back. The block that only it caused ends.
"""

from typing import assert_never

from msgspec import Struct

from groupchat.aggregates.consent import Cause
from groupchat.aggregates.group_events import ParticipantOptedIn, ParticipantOptedOut, ParticipantOptOutTakenBack, Unblocked
from groupchat.aggregates.group_state import GroupConversation, ended_by, kind_of
from groupchat.values.event import Event

# --- commands and decide


class OptOutParticipant(Struct, frozen=True, kw_only=True):
    """Record a participant's opt-out; for DND, `contact_id` is the contact that has it on."""

    number: str
    cause: Cause
    evidence: str
    contact_id: str | None = None


class OptInParticipant(Struct, frozen=True, kw_only=True):
    """Record a participant's opt-in. `same_set_is_open` says whether another open group has the same participants (R35)."""

    number: str
    cause: Cause
    evidence: str
    same_set_is_open: bool


class TakeBackParticipantOptOut(Struct, frozen=True, kw_only=True):
    """Take back an opt-out that a user recorded by mistake. `same_set_is_open` as for `OptInParticipant`."""

    number: str
    reason: str
    same_set_is_open: bool


Command = OptOutParticipant | OptInParticipant | TakeBackParticipantOptOut


def decide(command: Command, state: GroupConversation) -> list[Event]:
    """Return the events of a command; none if it says nothing new, or concerns no participant of the group."""
    match command:
        case OptOutParticipant():
            return _opt_out(command, state)
        case OptInParticipant():
            return _opt_in(command, state)
        case TakeBackParticipantOptOut():
            return _take_back(command, state)
        case _:
            assert_never(command)


def _opt_out(command: OptOutParticipant, state: GroupConversation) -> list[Event]:
    member = state.member(command.number)
    kind = kind_of(command.cause)
    if member is None or kind in member.out or (kind == "hand" and "consent" in member.out):
        return []
    return [
        ParticipantOptedOut(number=command.number, cause=command.cause, evidence=command.evidence, contact_id=command.contact_id),
    ]


def _opt_in(command: OptInParticipant, state: GroupConversation) -> list[Event]:
    member = state.member(command.number)
    back = ended_by(command.cause)
    if member is None or not any(kind in back for kind in member.out):
        return []
    opted_in = ParticipantOptedIn(number=command.number, cause=command.cause, evidence=command.evidence)
    still_out = any(m.out for m in state.members if m is not member) or any(kind not in back for kind in member.out)
    if still_out or not state.policy.reopen_on_opt_in or command.same_set_is_open:
        return [opted_in]
    return [opted_in, Unblocked()]


def _take_back(command: TakeBackParticipantOptOut, state: GroupConversation) -> list[Event]:
    member = state.member(command.number)
    if member is None or "hand" not in (*member.out, *member.blocked_for):
        return []
    taken_back = ParticipantOptOutTakenBack(number=command.number, reason=command.reason)
    others_block = any(m.blocks for m in state.members if m is not member) or member.blocked_for != ("hand",)
    return [taken_back] if others_block or command.same_set_is_open else [taken_back, Unblocked()]
