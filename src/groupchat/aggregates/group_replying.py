"""Automatic replies to one participant of a group conversation: the part of `group_conversation.py` that answers (R41).

- R41 An opt-out is confirmed, and HELP is answered, to that person alone and within five minutes of their text.
- R41 HELP gets no answer if the person is opted out, and at most one an hour.
"""

from datetime import datetime

from msgspec import Struct

from groupchat.aggregates.auto_replies import HELP_AGAIN, SEND_WITHIN, Purpose
from groupchat.aggregates.group_events import AutoReplied
from groupchat.aggregates.group_state import GroupConversation, Member
from groupchat.values.event import Event
from groupchat.values.language import Language
from groupchat.values.money import Rate

# --- commands and decide


class AutoReply(Struct, frozen=True, kw_only=True):
    """Answer a participant alone (R41): the message `evidence`, which came at `asked_at`. `at` is now."""

    message_id: str
    number: str
    purpose: Purpose
    evidence: str
    language: Language
    body: str
    rate: Rate
    asked_at: datetime
    at: datetime


def decide(command: AutoReply, state: GroupConversation) -> list[Event]:
    """Return the answer; none if it may not be given (any more), or concerns no participant of the group."""
    member, send_by = state.member(command.number), command.asked_at + SEND_WITHIN
    if member is None or command.at >= send_by or (command.purpose == "help" and not _may_get_help(member, command.at)):
        return []
    return [
        AutoReplied(
            message_id=command.message_id,
            number=command.number,
            purpose=command.purpose,
            evidence=command.evidence,
            language=command.language,
            body=command.body,
            send_by=send_by,
            rate=command.rate,
        ),
    ]


def _may_get_help(member: Member, at: datetime) -> bool:
    return not member.out and (member.helped_at is None or at >= member.helped_at + HELP_AGAIN)
