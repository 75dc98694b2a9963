"""The view `thread`: a conversation's messages, oldest to newest, each with its recipients' statuses (R28) and reactions (R42)."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self, get_args

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Column, Connection, Index, Table, Text, select

from groupchat.aggregates.delivery_events import PartOutcome, PartsUpdated, RecipientOutcome, Started, Updated, Withheld
from groupchat.aggregates.delivery_parts import Status
from groupchat.aggregates.group_events import AutoReplied, InboundReceived, Media, MessageSent, ReactionReceived
from groupchat.aggregates.media import MediaAttached, MediaMissing
from groupchat.projections.paging import FIRST_PAGE, Listed, Page, PageRequest, Position, extract, read_page
from groupchat.projections.rows import Rows
from groupchat.projections.view import View
from groupchat.store.tables import BIG, METADATA
from groupchat.values.carrier_codes import meaning_of
from groupchat.values.event import Event, Moment, Recorded, of_types

MESSAGES = Table(
    "messages",
    METADATA,
    Column("message_id", Text, primary_key=True),
    Column("conversation_id", Text, nullable=False),
    Column("version", BIG, nullable=False),
    Column("position", BIG, nullable=False),
    Column("doc", Text, nullable=False),
    Index("messages_of_conversation", "conversation_id", "version"),
)

Direction = Literal["outbound", "inbound"]


class Author(Struct, frozen=True, kw_only=True, gc=False):
    """The writer of a message, with the name that they had then (R11). A user has no number. A participant's id is the number.

    An `automatic` reply (R41) has its purpose as the id: `opt-out` or `help`.
    """

    kind: Literal["user", "participant", "automatic"]
    id: str
    name: str
    number: str | None

    @classmethod
    def of(cls, event: MessageSent | InboundReceived | AutoReplied) -> Self:
        """Return the author of a message."""
        if isinstance(event, AutoReplied):
            return cls(kind="automatic", id=event.purpose, name="Automatic reply", number=None)
        if isinstance(event, MessageSent):
            return cls(kind="user", id=event.author.user_id, name=event.author.name, number=None)
        return cls(kind="participant", id=event.number, name=event.name, number=event.number)


class MessagePart(Struct, frozen=True, kw_only=True, gc=False):
    """A part of a message that its carrier takes one by one: the text, or the `file` with this place in `media`, from 0."""

    file: int | None
    status: Status
    code: str | None = None
    reason: str | None = None


class Recipient(Struct, frozen=True, kw_only=True, gc=False):
    """A number that a message is sent to, and its status there.

    `code` is the carrier's code for the status, `reason` its meaning in words (R49). A message that its carrier takes one by one
    has `parts`, each with a status of its own.
    """

    number: str
    status: Status
    code: str | None = None
    reason: str | None = None
    parts: tuple[MessagePart, ...] = ()


class Attachment(Struct, frozen=True, kw_only=True, gc=False):
    """A picture or file of a message (R46).

    With a `media_id`, it is kept with us: `state` says whether it is `there` already, and `reason` why it is `missing`. Without
    one, it is only at `url`, which belongs to somebody else. `content_type` is the sender's word until the file is there.
    """

    url: str
    content_type: str
    media_id: str | None = None
    size: int | None = None
    state: Literal["pending", "there", "missing"] | None = None
    reason: str | None = None


class MessageReaction(Struct, frozen=True, kw_only=True, gc=False):
    """A participant's reaction to a message, with the name that they had then (R42)."""

    emoji: str
    number: str
    name: str
    at: Moment


class Message(Struct, frozen=True, kw_only=True, gc=False):
    """A message; `version` is its event's in the conversation. An inbound one has the `recipients` that it is relayed to (R12)."""

    id: str
    conversation_id: str
    direction: Direction
    author: Author
    body: str | None
    media: tuple[Attachment, ...]
    at: Moment
    version: int
    recipients: tuple[Recipient, ...] = ()
    reactions: tuple[MessageReaction, ...] = ()
    """Each participant's newest reaction, the oldest first."""


def fold(row: Message | None, recorded: Recorded) -> Message | None:
    """Fold one event into the message that it is about."""
    return _begun(recorded) if row is None else _changed(row, recorded)


def _begun(recorded: Recorded) -> Message | None:
    event = recorded.event
    match event:
        case MessageSent():
            return _message(event, recorded, "outbound", event.recipients)
        case InboundReceived():
            return _message(event, recorded, "inbound")
        case AutoReplied():
            return _message(event, recorded, "outbound", (event.number,))
    return None


def _changed(row: Message, recorded: Recorded) -> Message:
    """Return the message after an event; the most frequent ones come first."""
    event = recorded.event
    match event:
        case Updated() | PartsUpdated():
            return replace(row, recipients=_reported(row.recipients, event))
        case Started():
            return _handed_over(row, event.recipients, event.parts)
        case ReactionReceived():
            return _reacted(row, event, recorded.at)
        case MediaAttached() | MediaMissing():
            return replace(row, media=tuple(_arrived(each, event) for each in row.media))
        case Withheld():
            whole = _handed_over(row, event.recipients)
            return replace(whole, recipients=tuple(_withheld(each, event.recipients) for each in whole.recipients))
    return row


def _message(
    event: MessageSent | InboundReceived | AutoReplied, recorded: Recorded, direction: Direction, numbers: Sequence[str] = ()
) -> Message:
    return Message(
        id=event.message_id,
        conversation_id=recorded.stream,
        direction=direction,
        author=Author.of(event),
        body=event.body,
        media=() if isinstance(event, AutoReplied) else tuple(_attachment(each, direction) for each in event.media),
        at=recorded.at,
        version=recorded.version,
        recipients=tuple(Recipient(number=number, status="queued") for number in numbers),
    )


def _attachment(media: Media, direction: Direction) -> Attachment:
    """Return a file as it is when its message is stored: what users send is uploaded, what people send has to be fetched."""
    state: Literal["pending", "there"] = "there" if direction == "outbound" else "pending"
    return Attachment(
        url=media.url,
        content_type=media.content_type,
        media_id=media.media_id,
        size=media.size,
        state=None if media.media_id is None else state,
    )


def _arrived(file: Attachment, event: MediaAttached | MediaMissing) -> Attachment:
    if file.media_id != event.media_id:
        return file
    if isinstance(event, MediaMissing):
        return replace(file, state="missing", reason=event.reason)
    return replace(file, state="there", content_type=event.content_type, size=event.size, reason=None)


def _reacted(row: Message, event: ReactionReceived, at: Moment) -> Message:
    """Return the message with a person's reaction in place of their earlier one, or without it."""
    others = tuple(each for each in row.reactions if each.number != event.number)
    if event.removed:
        return row if len(others) == len(row.reactions) else replace(row, reactions=others)
    return replace(row, reactions=(*others, MessageReaction(emoji=event.emoji, number=event.number, name=event.name, at=at)))


def _handed_over(row: Message, numbers: Sequence[str], parts: int = 1) -> Message:
    """Return the message with its recipients: an outbound one has them already, a relayed one gets them now (R12)."""
    known = {recipient.number for recipient in row.recipients}
    new = tuple(Recipient(number=number, status="queued") for number in numbers if number not in known)
    whole = replace(row, recipients=row.recipients + new) if new else row
    if parts == 1 or all(each.parts for each in whole.recipients):
        return whole
    first = parts - len(row.media)
    waiting = tuple(MessagePart(file=n - first if n >= first else None, status="queued") for n in range(parts))
    return replace(whole, recipients=tuple(replace(each, parts=waiting) for each in whole.recipients))


def _reported(recipients: Sequence[Recipient], event: Updated | PartsUpdated) -> tuple[Recipient, ...]:
    if isinstance(event, PartsUpdated):
        return tuple(_parts_updated(each, event.outcomes) for each in recipients)
    last = {each.recipient: each for each in event.outcomes}
    return tuple(_updated(each, last.get(each.number)) for each in recipients)


def _updated(recipient: Recipient, outcome: RecipientOutcome | None) -> Recipient:
    return recipient if outcome is None else replace(recipient, **_now(outcome))


def _parts_updated(recipient: Recipient, outcomes: Sequence[PartOutcome]) -> Recipient:
    parts = {each.part: each for each in outcomes if each.recipient == recipient.number}
    changed = (replace(each, **_now(parts[n])) if n in parts else each for n, each in enumerate(recipient.parts))
    return replace(recipient, parts=tuple(changed)) if parts else recipient


def _now(outcome: RecipientOutcome | PartOutcome) -> Mapping[str, Any]:
    code = outcome.code
    return {"status": outcome.status, "code": code, "reason": None if code is None else meaning_of(code)}


def _withheld(recipient: Recipient, numbers: Sequence[str]) -> Recipient:
    return Recipient(number=recipient.number, status="withheld") if recipient.number in numbers else recipient


def _columns(row: Message) -> dict[str, Any]:
    return {"conversation_id": row.conversation_id, "version": row.version}


_BIRTHS: tuple[type[Event], ...] = (MessageSent, InboundReceived, AutoReplied)
_Delivery = Updated | PartsUpdated | Started | Withheld
_Change = MessageSent | InboundReceived | AutoReplied | _Delivery | ReactionReceived | MediaAttached | MediaMissing
_CHANGES: frozenset[type[_Change]] = frozenset(get_args(_Change))
_ROWS = Rows(MESSAGES, Message, _columns, held_in="doc", births=_BIRTHS)


def _apply(connection: Connection, batch: Sequence[Recorded]) -> None:
    _ROWS.fold(connection, [(event.message_id, recorded) for event, recorded in of_types(batch, _CHANGES)], fold)


VIEW = View("thread", (MESSAGES,), _apply)


class Between(Struct, frozen=True):
    """The messages with versions above one and below another; `None` for no limit."""

    after: int | None = None
    before: int | None = None


def page(connection: Connection, conversation_id: str, wanted: PageRequest = FIRST_PAGE, between: Between | None = None) -> Page:
    """Return a page of a conversation's `Message`s, oldest first unless asked otherwise; raises `InvalidRequestError`."""
    table = MESSAGES.c
    query = select(table.doc, table.version).where(table.conversation_id == conversation_id)
    if between is not None and between.after is not None:
        query = query.where(table.version > between.after)
    if between is not None and between.before is not None:
        query = query.where(table.version < between.before)
    return read_page(connection, query, (table.version,), extract(wanted, Position), lambda row: Listed(row.doc, row.version))


def version_of(connection: Connection, conversation_id: str, message_id: str) -> int | None:
    """Return the version of a conversation's message; none for one that this view does not have (yet)."""
    table = MESSAGES.c
    query = select(table.version).where(table.message_id == message_id, table.conversation_id == conversation_id)
    return connection.execute(query).scalar_one_or_none()


def one(connection: Connection, message_id: str) -> Message | None:
    """Return a message; none for one that this view does not have (yet)."""
    return _ROWS.load(connection, [message_id]).get(message_id)


def conversation_of(connection: Connection, message_id: str) -> str | None:
    """Return the conversation of a message; none if this view does not have it (yet)."""
    return connection.execute(select(MESSAGES.c.conversation_id).where(MESSAGES.c.message_id == message_id)).scalar_one_or_none()
