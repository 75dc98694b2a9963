"""The view `read_marks`: how many of a conversation's inbound messages each user has read (R30).

A mark names a version of the conversation, so this view numbers the inbound messages by their versions. It follows the log, where a
mark comes after everything that it covers. `read_totals.py` has how many conversations are unread.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, get_args

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Boolean, Column, Connection, Table, Text

from groupchat.aggregates.group_events import InboundReceived
from groupchat.aggregates.reader import ConversationMarkedUnread, ConversationRead
from groupchat.projections import read_totals
from groupchat.projections.paging import LAST_POSITION
from groupchat.projections.read_totals import READ_TOTALS
from groupchat.projections.view import View
from groupchat.store.tables import BIG, METADATA
from groupchat.store.upserts import upsert
from groupchat.values.event import Recorded, of_types

READ_MARKS = Table(
    "read_marks",
    METADATA,
    Column("conversation_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
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

_MARKS_SQLITE = """
    SELECT user_id, conversation_id, inbound_count, marked_unread FROM read_marks
    WHERE (user_id, conversation_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))
"""
"""With a list of pairs in place of JSON, SQLite reads the whole table."""
_MARKS_POSTGRES = """
    SELECT mark.user_id, mark.conversation_id, mark.inbound_count, mark.marked_unread
    FROM json_array_elements(%s::json) AS asked CROSS JOIN LATERAL (
        SELECT * FROM read_marks WHERE user_id = asked ->> 0 AND conversation_id = asked ->> 1 OFFSET 0
    ) AS mark
"""
"""`OFFSET 0` keeps the planner from joining: it guesses 100 pairs, and may read the whole table for them."""

_ALL_MARKS = "SELECT user_id, conversation_id, inbound_count, marked_unread FROM read_marks WHERE conversation_id"
_ALL_MARKS_SQLITE = f"{_ALL_MARKS} IN (SELECT value FROM json_each(?))"  # noqa: S608 - constants of this file
_ALL_MARKS_POSTGRES = f"{_ALL_MARKS} = ANY(%s::text[])"

_NUMBER_UP_TO = """
    SELECT number FROM inbound_numbers AS message
    WHERE message.conversation_id = asked.conversation_id AND message.version <= asked.version
    ORDER BY message.version DESC LIMIT 1
"""
_UP_TO_SQLITE = f"""
    SELECT conversation_id, version, ({_NUMBER_UP_TO})
    FROM (SELECT value ->> 0 AS conversation_id, value ->> 1 AS version FROM json_each(?)) AS asked
"""  # noqa: S608 - constants of this file
_UP_TO_POSTGRES = f"""
    SELECT conversation_id, version, ({_NUMBER_UP_TO})
    FROM (SELECT each ->> 0 AS conversation_id, (each ->> 1)::bigint AS version FROM json_array_elements(%s::json) AS each) AS asked
"""  # noqa: S608 - constants of this file

MarkEvent = ConversationRead | ConversationMarkedUnread
_MARK_EVENTS: frozenset[type[MarkEvent]] = frozenset(get_args(MarkEvent))
_MESSAGES = frozenset((InboundReceived,))
Key = tuple[str, str]
"""The ids of a user and a conversation."""


class Mark(Struct, frozen=True):
    """The number of inbound messages that the user has read, and whether they marked the conversation as unread."""

    inbound_count: int = 0
    marked_unread: bool = False

    def unread_of(self, inbound_count: int) -> int:
        """Return how many inbound messages the user has not read: at least 1 if they marked the conversation as unread."""
        return max(inbound_count - self.inbound_count, int(self.marked_unread))

    def read_of(self, inbound_count: int) -> int:
        """Return what the conversation adds to its reader's total; see `read_totals.py`."""
        return int(inbound_count > 0) - int(self.unread_of(inbound_count) > 0)


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
    query = _MARKS_SQLITE if connection.dialect.name == "sqlite" else _MARKS_POSTGRES
    return _marks(connection.exec_driver_sql(query, (msgspec.json.encode(list(keys)).decode(),)))


def _load_all(connection: Connection, conversation_ids: Collection[str]) -> dict[Key, Mark]:
    """Return the existing marks of all users on some conversations."""
    if not conversation_ids:
        return {}
    if connection.dialect.name == "sqlite":
        return _marks(connection.exec_driver_sql(_ALL_MARKS_SQLITE, (msgspec.json.encode(list(conversation_ids)).decode(),)))
    return _marks(connection.exec_driver_sql(_ALL_MARKS_POSTGRES, (list(conversation_ids),)))


def _marks(rows: Iterable[Any]) -> dict[Key, Mark]:
    return {(user, conversation): Mark(count, bool(unread)) for user, conversation, count, unread in rows}


def _apply(connection: Connection, batch: Sequence[Recorded]) -> None:
    messages = [recorded for _, recorded in of_types(batch, _MESSAGES)]
    events = [event for event, _ in of_types(batch, _MARK_EVENTS)]
    numbers = _Numbers(connection, messages, events)
    upsert(connection, INBOUND_NUMBERS, numbers.rows)
    before = _load_all(connection, numbers.conversations)
    after = dict(before)
    for event in events:
        count = numbers.up_to(event.conversation_id, event.version) if isinstance(event, ConversationRead) else 0
        after[key_of(event)] = fold(after.get(key_of(event), NO_MARK), event, count)
    _save(connection, {key: mark for key, mark in after.items() if mark is not before.get(key)})
    read_totals.add(connection, _changes(numbers, messages, before, after))


def _changes(
    numbers: "_Numbers", messages: Sequence[Recorded], before: Mapping[Key, Mark], after: Mapping[Key, Mark]
) -> Mapping[str, int]:
    """Return what a batch adds to the totals of workspaces and users."""
    workspaces = {recorded.stream: recorded.cause.workspace_id for recorded in messages}
    changes = Counter(workspaces[each] for each in workspaces if numbers.before(each) == 0)
    for key, mark in after.items():
        user, conversation = key
        change = mark.read_of(numbers.after(conversation)) - before.get(key, NO_MARK).read_of(numbers.before(conversation))
        if change or key not in before:  # so every reader has a total, in whatever batches the events come
            changes[user] += change
    return changes


class _Numbers:
    """The numbers of inbound messages: those that are stored, as far as a batch needs them, and those of the batch itself."""

    def __init__(self, connection: Connection, messages: Sequence[Recorded], events: Sequence[MarkEvent]) -> None:
        self.conversations = {recorded.stream for recorded in messages} | {each.conversation_id for each in events}
        asked = {(each, LAST_POSITION) for each in self.conversations}
        asked |= {(each.conversation_id, each.version) for each in events if isinstance(each, ConversationRead)}
        self._stored = _stored_up_to(connection, asked)
        self._new: dict[str, list[int]] = {}
        self.rows: list[dict[str, str | int]] = []
        for recorded in messages:
            versions = self._new.setdefault(recorded.stream, [])
            versions.append(recorded.version)
            number = self._stored[recorded.stream, LAST_POSITION] + len(versions)
            self.rows.append({"conversation_id": recorded.stream, "version": recorded.version, "number": number})

    def up_to(self, conversation_id: str, version: int) -> int:
        """Return the number of a conversation's last inbound message up to a version; 0 if there is none."""
        new = bisect_right(self._new.get(conversation_id, ()), version)
        return self._stored[conversation_id, LAST_POSITION] + new if new else self._stored[conversation_id, version]

    def before(self, conversation_id: str) -> int:
        """Return how many inbound messages a conversation had before the batch."""
        return self._stored[conversation_id, LAST_POSITION]

    def after(self, conversation_id: str) -> int:
        """Return how many it has with the batch."""
        return self.before(conversation_id) + len(self._new.get(conversation_id, ()))


def _stored_up_to(connection: Connection, asked: Collection[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """Return the number of each conversation's last stored message up to a version, 0 where there is none, by both."""
    if not asked:
        return {}
    query = _UP_TO_SQLITE if connection.dialect.name == "sqlite" else _UP_TO_POSTGRES
    found = connection.exec_driver_sql(query, (msgspec.json.encode(list(asked)).decode(),))
    return {(conversation, version): number or 0 for conversation, version, number in found}


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


VIEW = View("read_marks", (READ_MARKS, INBOUND_NUMBERS, READ_TOTALS), _apply)
