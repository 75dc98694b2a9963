"""The view `read_marks`: how many of a conversation's inbound messages each user has read (R30).

A mark names a version of the conversation, so this view numbers the inbound messages by their versions. It follows the log, where a
mark comes after everything that it covers.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Boolean, Column, Connection, Table, Text, func, select, tuple_

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

INBOUND_NUMBERS = Table(
    "inbound_numbers",
    METADATA,
    Column("conversation_id", Text, primary_key=True),
    Column("version", BIG, primary_key=True, autoincrement=False),
    Column("number", BIG, nullable=False),
)
"""The inbound messages of each conversation, numbered from 1."""

MarkEvent = ConversationRead | ConversationMarkedUnread
Key = tuple[str, str]
"""The ids of a user and a conversation."""


class Mark(Struct, frozen=True):
    """The number of inbound messages that the user has read, and whether they marked the conversation as unread."""

    inbound_count: int = 0
    marked_unread: bool = False

    def unread_of(self, inbound_count: int) -> int:
        """Return how many inbound messages the user has not read: at least 1 if they marked the conversation as unread."""
        return max(inbound_count - self.inbound_count, int(self.marked_unread))


NO_MARK = Mark()


def key_of(event: MarkEvent) -> Key:
    """Return the mark that an event is about."""
    return event.user_id, event.conversation_id


def fold(mark: Mark, event: MarkEvent, inbound_count: int) -> Mark:
    """Fold one event; `inbound_count` is the number of inbound messages up to the version that a `ConversationRead` names."""
    if isinstance(event, ConversationRead):
        return Mark(inbound_count)
    return replace(mark, marked_unread=True)


def load(connection: Connection, keys: Collection[Key]) -> dict[Key, Mark]:
    """Return the existing marks."""
    if not keys:
        return {}
    table = READ_MARKS.c
    query = select(READ_MARKS).where(tuple_(table.user_id, table.conversation_id).in_(list(keys)))
    return {(user, conversation): Mark(count, unread) for user, conversation, count, unread in connection.execute(query)}


def _apply(connection: Connection, batch: Sequence[Recorded]) -> None:
    _number(connection, [recorded for recorded in batch if isinstance(recorded.event, InboundReceived)])
    events = [recorded.event for recorded in batch if isinstance(recorded.event, MarkEvent)]
    marks = load(connection, {key_of(event) for event in events})
    for event in events:
        count = _count_up_to(connection, event) if isinstance(event, ConversationRead) else 0
        marks[key_of(event)] = fold(marks.get(key_of(event), NO_MARK), event, count)
    _save(connection, marks)


def _number(connection: Connection, messages: Sequence[Recorded]) -> None:
    """Give numbers to inbound messages, continuing after the last of their conversation."""
    table = INBOUND_NUMBERS.c
    query = select(table.conversation_id, func.max(table.number)).group_by(table.conversation_id)
    conversations = {recorded.stream for recorded in messages}
    last: Counter[str] = Counter(dict(connection.execute(query.where(table.conversation_id.in_(conversations))).tuples().all()))
    rows = []
    for recorded in messages:
        last[recorded.stream] += 1
        rows.append({"conversation_id": recorded.stream, "version": recorded.version, "number": last[recorded.stream]})
    upsert(connection, INBOUND_NUMBERS, rows)


def _count_up_to(connection: Connection, event: ConversationRead) -> int:
    table = INBOUND_NUMBERS.c
    query = select(table.number).where(table.conversation_id == event.conversation_id, table.version <= event.version)
    return connection.execute(query.order_by(table.version.desc()).limit(1)).scalar() or 0


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


VIEW = View("read_marks", (READ_MARKS, INBOUND_NUMBERS), _apply)
