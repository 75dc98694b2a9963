"""The view `read_marks`: how many of a conversation's inbound messages each user has read (R30).

A mark counts what stood in the conversation when it was set, so this view keeps a count of its own, and follows the log, where
marks and messages stand in one order.
"""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Boolean, Column, Connection, Table, Text, select, tuple_

from groupchat.aggregates.group_events import InboundReceived
from groupchat.aggregates.reader import ConversationMarkedUnread, ConversationRead
from groupchat.projections.view import View
from groupchat.store.tables import BIG, METADATA
from groupchat.store.upserts import upsert
from groupchat.values.event import Recorded

READ_MARKS = Table(
    "read_marks",
    METADATA,
    Column("user_id", Text, primary_key=True),
    Column("conversation_id", Text, primary_key=True),
    Column("inbound_count", BIG, nullable=False),
    Column("marked_unread", Boolean, nullable=False),
)

INBOUND_COUNTS = Table(
    "inbound_counts",
    METADATA,
    Column("conversation_id", Text, primary_key=True),
    Column("inbound_count", BIG, nullable=False),
)

MarkEvent = ConversationRead | ConversationMarkedUnread
Key = tuple[str, str]
"""A user's id and a conversation's."""


class Mark(Struct, frozen=True):
    """How many inbound messages the conversation had when the user last read it, and whether they marked it as unread."""

    inbound_count: int = 0
    marked_unread: bool = False

    def unread_of(self, inbound_count: int) -> int:
        """Return how many inbound messages the user has not read: at least 1 if they marked the conversation as unread."""
        return max(inbound_count - self.inbound_count, int(self.marked_unread))


NO_MARK = Mark()


def key_of(event: MarkEvent) -> Key:
    """Return whose mark on what an event is about."""
    return event.user_id, event.conversation_id


def fold(mark: Mark, event: MarkEvent, inbound_count: int) -> Mark:
    """Fold one event; `inbound_count` is what stands in the conversation at this event's place in the log."""
    if isinstance(event, ConversationRead):
        return Mark(inbound_count)
    return replace(mark, marked_unread=True)


def load(connection: Connection, keys: Collection[Key]) -> dict[Key, Mark]:
    """Return the marks that there are."""
    if not keys:
        return {}
    table = READ_MARKS.c
    query = select(READ_MARKS).where(tuple_(table.user_id, table.conversation_id).in_(list(keys)))
    return {(user, conversation): Mark(count, unread) for user, conversation, count, unread in connection.execute(query)}


def _apply(connection: Connection, batch: Sequence[Recorded]) -> None:
    changing = [recorded for recorded in batch if isinstance(recorded.event, (InboundReceived, MarkEvent))]
    counts = _load_counts(connection, {_conversation_of(recorded) for recorded in changing})
    marks = load(connection, {key_of(recorded.event) for recorded in changing if isinstance(recorded.event, MarkEvent)})
    counted = set()
    for recorded in changing:
        event, conversation = recorded.event, _conversation_of(recorded)
        if isinstance(event, MarkEvent):
            marks[key_of(event)] = fold(marks.get(key_of(event), NO_MARK), event, counts.get(conversation, 0))
        else:
            counts[conversation] = counts.get(conversation, 0) + 1
            counted.add(conversation)
    upsert(connection, INBOUND_COUNTS, [{"conversation_id": each, "inbound_count": counts[each]} for each in counted])
    _save(connection, marks)


def _conversation_of(recorded: Recorded) -> str:
    return recorded.event.conversation_id if isinstance(recorded.event, MarkEvent) else recorded.stream


def _load_counts(connection: Connection, conversations: Collection[str]) -> dict[str, int]:
    if not conversations:
        return {}
    query = select(INBOUND_COUNTS).where(INBOUND_COUNTS.c.conversation_id.in_(list(conversations)))
    return {conversation: count for conversation, count in connection.execute(query)}  # noqa: C416 - rows are no pairs to mypy


def _save(connection: Connection, marks: Mapping[Key, Mark]) -> None:
    values = [
        {
            "user_id": user,
            "conversation_id": conversation,
            "inbound_count": mark.inbound_count,
            "marked_unread": mark.marked_unread,
        }
        for (user, conversation), mark in marks.items()
    ]
    upsert(connection, READ_MARKS, values)


VIEW = View("read_marks", (READ_MARKS, INBOUND_COUNTS), _apply)
