"""Group conversation: one business number and its participants, in one thread.

Creation (R1 to R6, R35) is in `roster.py`, opting out and in (R14, R17, R39) in `group_opting.py`, automatic replies (R41) in
`group_replying.py`; the events are in `group_events.py`, the state in `group_state.py`. After creation:

- R7 Participants, their numbers and the business number never change: there is no command that changes them.
- R8 Messages go to the numbers frozen at creation.
- R9 A participant is tagged `updated` while its contact no longer has the frozen number, `deleted` while its contact is deleted.
- R10 A message has a body, media, or both, and is sent to every participant.
- R11 An inbound message shows its author: the contact's name, else the name given at creation, else the number.
- R13 A group can be renamed at any time; without a name, the participants' names are shown instead.
- R15 Once a participant has opted out, nothing is sent; participants' messages are still recorded.
- R16 A message accepted before an opt-out is not handed over after it: `opted_out_since`.
- R37 A participant without a contact is linked to the first contact that gets their number; a link stays.
- R54 If a participant's contact is merged into another one, the link leads to that one.
- R18 A successor has the participants who are not opted out, as they are.
- R19 The pane lists participants who opted out separately.
- R42 A reaction belongs to the message that it quotes. It is not a message of its own. Only a person's newest reaction counts.
- R24, R25 A sent message names its recipients and the rate in effect.
"""

from collections.abc import Container
from typing import assert_never

from msgspec import Struct

from groupchat.aggregates import group_opting, group_replying
from groupchat.aggregates.contact import Contact
from groupchat.aggregates.group_events import (
    Author,
    Created,
    GroupMetadataChanged,
    GroupRenamed,
    InboundReceived,
    Media,
    MessageSent,
    Participant,
    ParticipantContactDeleted,
    ParticipantContactLinked,
    ParticipantContactMerged,
    ParticipantContactNumberChanged,
    ParticipantContactRenamed,
    ReactionReceived,
    SucceededBy,
)
from groupchat.aggregates.group_state import GroupConversation, Member
from groupchat.aggregates.keywords import Keyword
from groupchat.values.errors import InvalidRequestError, NotFoundError, RefusalError
from groupchat.values.event import Event
from groupchat.values.metadata import MetadataChange, changed
from groupchat.values.money import Rate
from groupchat.values.policy import Policy
from groupchat.values.reactions import ReactionText
from groupchat.values.text import shows_something

# --- errors


class ConversationBlockedError(RefusalError):
    """R15: someone opted out; `opted_out` has the numbers. A successor continues the group (R18)."""

    slug = "conversation-blocked"

    def __init__(self, conversation_id: str, numbers: tuple[str, ...]) -> None:
        super().__init__(f"{', '.join(numbers)} opted out, so nothing can be sent here (R15).", opted_out=list(numbers))
        self.conversation_id = conversation_id


class NotBlockedError(RefusalError):
    """R18: only a blocked group can have a successor. This one, `conversation_id`, is open and has its participants (R35)."""

    slug = "group-exists"

    def __init__(self, conversation_id: str) -> None:
        detail = "This conversation is not blocked: write in it. Only a blocked conversation can have a successor (R18)."
        super().__init__(detail, conversation_id=conversation_id)


# --- commands


class CreateGroup(Struct, frozen=True, kw_only=True):
    """Begin a group that `roster.py` has accepted."""

    business_number: str
    name: str | None
    roster: tuple[Participant, ...]
    policy: Policy
    predecessor_id: str | None = None


class Send(Struct, frozen=True, kw_only=True):
    """Write to all participants."""

    conversation_id: str
    message_id: str
    author: Author
    body: str | None
    media: tuple[Media, ...]
    rate: Rate


class Receive(Struct, frozen=True, kw_only=True):
    """Record a participant's message, and as which keyword it was recognized (R14, R38)."""

    message_id: str
    number: str
    body: str | None
    media: tuple[Media, ...]
    carrier_message_id: str
    keyword: Keyword | None


class React(Struct, frozen=True, kw_only=True):
    """Record a participant's reaction to a message of this conversation, sent as the text `body` (R42)."""

    message_id: str
    number: str
    reaction: ReactionText
    body: str
    carrier_message_id: str


class ChangeMetadata(Struct, frozen=True):
    """Change the data that another system keeps with the group (R54)."""

    change: MetadataChange


class RenameGroup(Struct, frozen=True, kw_only=True):
    """Give the group a new name, or none."""

    name: str | None


class NoteContact(Struct, frozen=True, kw_only=True):
    """Update the participants that are linked to a contact (R9, R11)."""

    contact: Contact


class Link(Struct, frozen=True, kw_only=True):
    """Link the participant with this number, unless they have a contact, to a contact that now has it (R37)."""

    number: str
    contact: Contact


class Relink(Struct, frozen=True, kw_only=True):
    """Link the participants of a contact to the contact that it was merged into (R54)."""

    merged_id: str
    contact: Contact


class Succeed(Struct, frozen=True, kw_only=True):
    """Record the group that continues this one."""

    conversation_id: str


Command = (
    CreateGroup
    | Send
    | Receive
    | React
    | group_replying.AutoReply
    | group_opting.Command
    | RenameGroup
    | ChangeMetadata
    | NoteContact
    | Link
    | Relink
    | Succeed
)


def decide(command: Command, state: GroupConversation | None) -> list[Event]:
    """Return the events of a command; none if it says nothing new.

    Raises `NotFoundError` for a group that does not exist, `ConversationBlockedError` for a message to a blocked one.
    """
    if isinstance(command, CreateGroup):
        return [
            Created(
                business_number=command.business_number,
                name=command.name,
                roster=command.roster,
                policy=command.policy,
                predecessor_id=command.predecessor_id,
            ),
        ]
    state = existing(state)
    match command:
        case Send():
            return [_send(command, state)]
        case Receive():
            return _receive(command, state)
        case React():
            return _react(command, state)
        case group_replying.AutoReply():
            return group_replying.decide(command, state)
        case group_opting.OptOutParticipant() | group_opting.OptInParticipant() | group_opting.TakeBackParticipantOptOut():
            return group_opting.decide(command, state)
        case RenameGroup():
            return [] if command.name == state.name else [GroupRenamed(name=command.name)]
        case ChangeMetadata():
            metadata = changed(state.metadata, command.change)
            return [] if metadata == state.metadata else [GroupMetadataChanged(metadata=metadata)]
        case NoteContact():
            return note_contact(command.contact, state.members)
        case Link():
            return _link(command, state)
        case Relink():
            return _relink(command, state)
        case Succeed():
            return [] if state.successor_id == command.conversation_id else [SucceededBy(conversation_id=command.conversation_id)]
        case _:
            assert_never(command)


def existing(state: GroupConversation | None) -> GroupConversation:
    """Return the group, or raise `NotFoundError`."""
    if state is None:
        raise missing()
    return state


def missing() -> NotFoundError:
    """Return the refusal for a conversation that does not exist."""
    return NotFoundError("There is no such conversation.", "conversation")


def _send(command: Send, state: GroupConversation) -> Event:
    if state.blocked:
        raise ConversationBlockedError(command.conversation_id, state.blocked_by)
    _refuse_empty(command.body, command.media)
    return MessageSent(
        message_id=command.message_id,
        author=command.author,
        body=command.body,
        media=command.media,
        recipients=state.numbers,
        rate=command.rate,
    )


def _refuse_empty(body: str | None, media: tuple[Media, ...]) -> None:
    """Raise `InvalidRequestError` for a message without media and without visible text (R10, R47)."""
    if not media and not shows_something(body or ""):
        raise InvalidRequestError(
            "body", "A message needs a body with at least one visible character, or media, or both (R10, R47)."
        )


def _author(number: str, state: GroupConversation) -> Member:
    author = state.member(number)
    if author is None:
        msg = f"{number} is not a participant of this conversation."
        raise NotFoundError(msg)
    return author


def _receive(command: Receive, state: GroupConversation) -> list[Event]:
    author = _author(command.number, state)
    if command.carrier_message_id in state.carrier_message_ids:
        return []
    return [
        InboundReceived(
            message_id=command.message_id,
            number=command.number,
            name=author.shown_as,
            body=command.body,
            media=command.media,
            carrier_message_id=command.carrier_message_id,
            keyword=command.keyword,
        ),
    ]


def _react(command: React, state: GroupConversation) -> list[Event]:
    author = _author(command.number, state)
    if command.carrier_message_id in state.carrier_message_ids:
        return []
    return [
        ReactionReceived(
            message_id=command.message_id,
            number=command.number,
            name=author.shown_as,
            emoji=command.reaction.emoji,
            removed=command.reaction.removed,
            body=command.body,
            carrier_message_id=command.carrier_message_id,
        ),
    ]


def _link(command: Link, state: GroupConversation) -> list[Event]:
    member = state.member(command.number)
    if member is None or member.contact_id is not None:
        return []
    return [ParticipantContactLinked(contact_id=command.contact.id, number=command.number, name=command.contact.name)]


def _relink(command: Relink, state: GroupConversation) -> list[Event]:
    now, before = command.contact, command.merged_id
    return [
        ParticipantContactMerged(contact_id=now.id, merged_id=before, number=member.number, name=now.name)
        for member in state.members
        if member.contact_id == before
    ]


def note_contact(contact: Contact, members: tuple[Member, ...]) -> list[Event]:
    """Return the events that a contact's state causes for the members linked to it: name, tags (R9)."""
    linked = [member for member in members if member.contact_id == contact.id]
    events: list[Event] = []
    if any(member.name != contact.name for member in linked):
        events.append(ParticipantContactRenamed(contact_id=contact.id, name=contact.name))
    events.extend(
        ParticipantContactNumberChanged(contact_id=contact.id, number=member.number, numbers=contact.numbers)
        for member in linked
        if member.updated == (member.number in contact.numbers)
    )
    if contact.deleted and any(not member.deleted for member in linked):
        events.append(ParticipantContactDeleted(contact_id=contact.id))
    return events


def left(state: GroupConversation, out: Container[str]) -> tuple[Participant, ...]:
    """Return the participants to take into a successor, as they are: all who are not opted out now (R18)."""
    return tuple(
        Participant(number=member.number, contact_id=member.contact_id, name=member.name)
        for member in state.members
        if member.number not in out
    )
