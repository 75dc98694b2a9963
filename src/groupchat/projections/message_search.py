"""The view `message_search`: the words of messages, in the database's own full-text index (R27).

SQLite keeps an FTS5 index of the table by triggers. On Postgres, the words are a text-search vector with a GIN index. Neither folds
or splits a text: the words come from `values/searched_words.py`, so a search has the same results on both. Each word
begins with a mark of its workspace, so the messages of other workspaces cost a search nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Select,
    Table,
    Text,
    and_,
    cast,
    column,
    event,
    func,
    literal,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from groupchat.aggregates.group_events import InboundReceived, MessageSent
from groupchat.projections.inbox import INBOX
from groupchat.projections.paging import Extract
from groupchat.projections.thread import MESSAGES
from groupchat.projections.view import View
from groupchat.store.tables import BIG, METADATA
from groupchat.store.upserts import insert_new_together
from groupchat.values.errors import InvalidRequestError
from groupchat.values.event import Recorded, of_types
from groupchat.values.searched_words import words

MESSAGE_WORDS = Table(
    "message_words",
    METADATA,
    Column("position", BIG, primary_key=True, autoincrement=False),
    Column("workspace_id", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("words", Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
    Index("message_words_of_conversation", "conversation_id", "position"),
)
_T = MESSAGE_WORDS.c
_FTS = table("message_words_fts", column("rowid"), column("message_words_fts"))
_MARK = 6
"""The end of a workspace's id that marks its words. Two workspaces with the same mark cost each other time, and nothing else."""

_OPTIONS = "content='message_words', content_rowid='position', tokenize='ascii', detail='none'"
_REMOVE = "INSERT INTO message_words_fts(message_words_fts, rowid, words) VALUES ('delete', old.position, old.words)"
_ADD = "INSERT INTO message_words_fts(rowid, words) VALUES (new.position, new.words)"
FTS5 = (
    f"CREATE VIRTUAL TABLE message_words_fts USING fts5(words, {_OPTIONS})",
    f"CREATE TRIGGER message_words_added AFTER INSERT ON message_words BEGIN {_ADD}; END",
    f"CREATE TRIGGER message_words_removed AFTER DELETE ON message_words BEGIN {_REMOVE}; END",
    f"CREATE TRIGGER message_words_changed AFTER UPDATE ON message_words BEGIN {_REMOVE}; {_ADD}; END",
)
"""The statements that create the index on SQLite, and let it follow every change of the table."""

Index("message_words_newest", _T.workspace_id, _T.position).ddl_if(dialect="postgresql")
Index("message_words_gin", _T.words, postgresql_using="gin").ddl_if(dialect="postgresql")


@event.listens_for(MESSAGE_WORDS, "after_create")
def _create_index(_table: Table, connection: Connection, **_given: object) -> None:
    if connection.dialect.name == "sqlite":
        for statement in FTS5:
            connection.exec_driver_sql(statement)


@event.listens_for(MESSAGE_WORDS, "after_drop")
def _drop_index(_table: Table, connection: Connection, **_given: object) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("DROP TABLE message_words_fts")


_MESSAGES: frozenset[type[MessageSent | InboundReceived]] = frozenset((MessageSent, InboundReceived))


def _apply(connection: Connection, batch: Sequence[Recorded]) -> None:
    rows = [
        {
            "position": recorded.position,
            "workspace_id": recorded.cause.workspace_id,
            "conversation_id": recorded.stream,
            "message_id": event.message_id,
            "words": " ".join(_marked(recorded.cause.workspace_id, words(event.body))),
        }
        for event, recorded in of_types(batch, _MESSAGES)
        if event.body
    ]
    insert_new_together(connection, MESSAGE_WORDS, [row for row in rows if row["words"]])


VIEW = View("message_search", (MESSAGE_WORDS,), _apply)

# --- queries


class Hit(NamedTuple):
    """A message that matches."""

    position: int
    conversation_id: str
    message_id: str


class Sought(Struct, frozen=True):
    """The words that a message must have, each with the workspace's mark."""

    workspace_id: str
    words: tuple[str, ...]

    def newest_in(self, connection: Connection, conversation_ids: Collection[str]) -> dict[str, int]:
        """Return the position of the newest matching message in each of these conversations, which all have one."""
        conversation_id = INBOX.c.conversation_id
        matching = select(_T.position).where(_T.conversation_id == conversation_id, self._has_all(connection))
        newest = matching.order_by(_T.position.desc()).limit(1)
        query = select(conversation_id, newest.scalar_subquery().label("newest")).where(conversation_id.in_(conversation_ids))
        return {row.conversation_id: row.newest for row in connection.execute(query)}

    def hits(
        self, connection: Connection, extract: Extract[int], beyond: int | None, but: Collection[str], limit: int
    ) -> list[Hit]:
        """Return matching messages in the direction of an extract, beyond a position, and not in these conversations."""
        position, matches = self._matches(connection)
        query = select(position, _T.conversation_id, _T.message_id).where(matches)
        if beyond is not None:
            query = query.where(position < beyond if extract.downwards else position > beyond)
        if but:
            query = query.where(_T.conversation_id.not_in(but))
        ordered = query.order_by(position.desc() if extract.downwards else position.asc()).limit(limit)
        return [Hit(*row) for row in connection.execute(ordered)]

    def conversations(self, connection: Connection) -> Select[tuple[str]]:
        """Return the query of the conversations with a matching message."""
        return select(_T.conversation_id).where(self._matches(connection)[1])

    def _matches(self, connection: Connection) -> tuple[ColumnElement[int], ColumnElement[bool]]:
        """Return the column with a message's position, and the condition that it matches."""
        ours = _T.workspace_id == self.workspace_id
        if connection.dialect.name != "sqlite":
            return _T.position, and_(ours, self._has_all(connection))
        match = _FTS.c.message_words_fts.op("MATCH")(" AND ".join(f'"{word}"' for word in self.words))
        return _FTS.c.rowid, and_(ours, match, _T.position == _FTS.c.rowid)

    def _has_all(self, connection: Connection) -> ColumnElement[bool]:
        """Return the condition that a message has all words. On SQLite, its full-text index doesn't serve it."""
        if connection.dialect.name != "sqlite":
            return _T.words.op("@@")(cast(" & ".join(f"'{word}'" for word in self.words), TSQUERY))
        line = literal(" ") + _T.words + " "
        return and_(*(func.instr(line, f" {word} ") > 0 for word in self.words))


def sought_for(workspace_id: str, text: str) -> Sought:
    """Return the words of a text that a person searches for; raises `InvalidRequestError` for a text without words."""
    found = _marked(workspace_id, words(text))
    if not found:
        raise InvalidRequestError("query.text", "Search for at least one word: letters or digits.", "bad-format")
    return Sought(workspace_id, tuple(found))


def shown(connection: Connection, hits: Iterable[Hit]) -> dict[str, str]:
    """Return messages as JSON, by their ids; the view `thread` may not have all of them yet."""
    messages = MESSAGES.c
    query = select(messages.message_id, messages.doc).where(messages.message_id.in_([hit.message_id for hit in hits]))
    return {row.message_id: row.doc for row in connection.execute(query)}


def _marked(workspace_id: str, found: Sequence[str]) -> list[str]:
    mark = _mark_of(workspace_id)
    return [mark + word for word in found]


@lru_cache
def _mark_of(workspace_id: str) -> str:
    return "".join(filter(str.isalnum, workspace_id))[-_MARK:]
