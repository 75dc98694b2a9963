"""Read marks: the part of one conversation that one user has read (R30).

`ConversationRead` names the version of the conversation up to which the user has read. A mark never goes backwards. A conversation
marked as unread counts at least one unread message until it is read again.
"""

from typing import assert_never

from msgspec import Struct

from groupchat.values.event import Event, Recorded, stored_as

# --- events


@stored_as("groupchat.reader.conversation_read")
class ConversationRead(Event, frozen=True, kw_only=True):
    """The user has read the conversation up to this version of it."""

    user_id: str
    conversation_id: str
    version: int


@stored_as("groupchat.reader.conversation_marked_unread")
class ConversationMarkedUnread(Event, frozen=True, kw_only=True):
    """The user wants to see the conversation as unread."""

    user_id: str
    conversation_id: str


# --- state


class ReadMark(Struct, frozen=True):
    """The version of the conversation that the user has read up to, and whether they marked it as unread since."""

    version: int = 0
    unread: bool = False


NONE = ReadMark()


def stream(user_id: str, conversation_id: str) -> str:
    """Return the stream of one user's marks on one conversation."""
    return f"reader-{user_id}-{conversation_id}"


def evolve(state: ReadMark | None, recorded: Recorded) -> ReadMark | None:
    """Fold one event."""
    event = recorded.event
    match event:
        case ConversationRead():
            return ReadMark(version=event.version)
        case ConversationMarkedUnread():
            return ReadMark(version=0 if state is None else state.version, unread=True)
        case _:
            return state


# --- commands and decide


class MarkRead(Struct, frozen=True, kw_only=True):
    """Mark as read up to a version; older messages stay read."""

    user_id: str
    conversation_id: str
    version: int


class MarkUnread(Struct, frozen=True, kw_only=True):
    """Mark as unread."""

    user_id: str
    conversation_id: str


Command = MarkRead | MarkUnread


def decide(command: Command, state: ReadMark | None) -> list[Event]:
    """Return the events of a command; none if nothing changes."""
    state = state or NONE
    match command:
        case MarkRead():
            version = max(state.version, command.version)
            if state == ReadMark(version):
                return []
            return [ConversationRead(user_id=command.user_id, conversation_id=command.conversation_id, version=version)]
        case MarkUnread():
            if state.unread:
                return []
            return [ConversationMarkedUnread(user_id=command.user_id, conversation_id=command.conversation_id)]
        case _:
            assert_never(command)
