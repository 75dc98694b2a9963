"""Media: one file, kept with us, and the conversations that it is in.

- R46 What a user uploads, and what people send, is kept with us. A file is shown as there only when it is kept. What can't be
  fetched is missing, with the reason; if it is kept after all, it is there.
- A file is for its own workspace. A caller may read one that they uploaded, or that is in a conversation that they can see.
"""

from collections.abc import Sequence
from typing import assert_never

from msgspec import Struct
from msgspec.structs import asdict, replace

from groupchat.aggregates.group_events import Media
from groupchat.values.errors import NotFoundError
from groupchat.values.event import Event, Recorded, stored_as

PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
"""The types of pictures that messages may have."""

PICTURE_BYTES = 600_000
"""The size that all carriers deliver for the pictures of a message together. Larger pictures are made smaller."""


class FileFacts(Struct, frozen=True, kw_only=True):
    """What is recorded of a file: the SHA-256 of its content, the type that the content has, and a picture's size in pixels."""

    sha256: str
    content_type: str
    size: int
    width: int | None = None
    height: int | None = None


def urn(media_id: str) -> str:
    """Return the name that an event has in place of an address, for a file that only we have."""
    return f"urn:groupchat:media:{media_id}"


def is_ours(media: Media) -> bool:
    """Return whether only we have a file, so that a carrier needs an address of ours."""
    return media.media_id is not None and media.url == urn(media.media_id)


def room_for_each(media: Sequence[Media]) -> int:
    """Return the size that each picture of a message may have, so that they fit together."""
    return PICTURE_BYTES // max(sum(each.content_type in PICTURES for each in media), 1)


def sent_bytes(media: Sequence[Media]) -> int:
    """Return the size of a message's files as a carrier gets them, as far as it is known: pictures are made smaller (R46)."""
    pictures = sum(each.size or 0 for each in media if each.content_type in PICTURES)
    return min(pictures, PICTURE_BYTES) + sum(each.size or 0 for each in media if each.content_type not in PICTURES)


# --- events


@stored_as("groupchat.workspace.media_stored")
class MediaStored(Event, frozen=True, kw_only=True):
    """A file is kept under the SHA-256 of its content. `content_type` was judged by the content; only pictures have a width."""

    media_id: str
    sha256: str
    content_type: str
    size: int
    width: int | None = None
    height: int | None = None


@stored_as("groupchat.media.attached")
class MediaAttached(Event, frozen=True, kw_only=True):
    """The file, which is kept, came into a conversation, first with this message."""

    media_id: str
    message_id: str
    conversation_id: str
    content_type: str
    size: int


@stored_as("groupchat.media.missing")
class MediaMissing(Event, frozen=True, kw_only=True):
    """A file that a participant sent can't be fetched from the carrier; `reason` says why."""

    media_id: str
    message_id: str
    conversation_id: str
    reason: str


# --- state


class MediaFile(Struct, frozen=True, kw_only=True):
    """A file, in a workspace. Without `stored`, it is missing. `uploaded_by` is the user who uploaded it, if one did."""

    workspace_id: str
    stored: MediaStored | None = None
    uploaded_by: str | None = None
    conversations: frozenset[str] = frozenset()


def evolve(state: MediaFile | None, recorded: Recorded) -> MediaFile | None:
    """Fold one event."""
    file = state or MediaFile(workspace_id=recorded.cause.workspace_id)
    match recorded.event:
        case MediaStored() as stored:
            actor = recorded.cause.actor
            return replace(file, stored=stored, uploaded_by=actor.id if actor.kind == "user" else None)
        case MediaAttached(conversation_id=conversation_id):
            return replace(file, conversations=file.conversations | {conversation_id})
        case MediaMissing():
            return file
        case _:
            return state


# --- errors


def existing(state: MediaFile | None, workspace_id: str) -> MediaStored:
    """Return a file that is kept, of this workspace; raises `NotFoundError`."""
    if state is None or state.stored is None or state.workspace_id != workspace_id:
        raise missing()
    return state.stored


def missing() -> NotFoundError:
    """Return the refusal for a file that is not there."""
    return NotFoundError("There is no such file.", "media")


# --- commands and decide


class StoreMedia(Struct, frozen=True, kw_only=True):
    """Note that a file is kept."""

    media_id: str
    facts: FileFacts


class AttachMedia(Struct, frozen=True, kw_only=True):
    """Bring a kept file of a workspace into a conversation."""

    workspace_id: str
    message_id: str
    conversation_id: str


class MissMedia(Struct, frozen=True, kw_only=True):
    """Note that a file can't be fetched."""

    media_id: str
    message_id: str
    conversation_id: str
    reason: str


Command = StoreMedia | AttachMedia | MissMedia


def decide(command: Command, state: MediaFile | None) -> list[Event]:
    """Return the events of a command; none if it says nothing new. Raises `NotFoundError` for a file that is not kept."""
    match command:
        case StoreMedia():
            return [] if state and state.stored else [MediaStored(media_id=command.media_id, **asdict(command.facts))]
        case AttachMedia():
            return _attach(command, state)
        case MissMedia():
            return [] if state else [MediaMissing(**asdict(command))]
        case _:
            assert_never(command)


def _attach(command: AttachMedia, state: MediaFile | None) -> list[Event]:
    stored = existing(state, command.workspace_id)
    if state and command.conversation_id in state.conversations:
        return []
    return [
        MediaAttached(
            media_id=stored.media_id,
            message_id=command.message_id,
            conversation_id=command.conversation_id,
            content_type=stored.content_type,
            size=stored.size,
        )
    ]
