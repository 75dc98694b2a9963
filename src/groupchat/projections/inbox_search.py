"""The searchable texts of conversations: names and numbers in a table of their own, which the view `inbox` fills (R27).

An inbox row changes with each message, but these texts change rarely. In the inbox itself, each message would rewrite all index
entries of its conversation.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Column, ColumnElement, Connection, Index, Table, Text, false, select

from groupchat.aggregates.group_events import (
    Created,
    GroupRenamed,
    Participant,
    ParticipantContactLinked,
    ParticipantContactMerged,
    ParticipantContactRenamed,
)
from groupchat.projections.rows import StreamRows
from groupchat.projections.search import Query, Searchable, digit_lines, folded_lines, listed, pieces
from groupchat.store.tables import BIG, METADATA
from groupchat.values.event import Recorded

INBOX_SEARCH = Table(
    "inbox_search",
    METADATA,
    Column("conversation_id", Text, primary_key=True),
    Column("workspace_id", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("digits", Text, nullable=False),
    Column("pieces", Text, nullable=False),
    Column("position", BIG, nullable=False),
    Column("state", Text, nullable=False),
)
_T = INBOX_SEARCH.c
Index("inbox_search_pieces", listed(_T.pieces), postgresql_using="gin").ddl_if(dialect="postgresql")
Index("inbox_searched", _T.workspace_id, _T.conversation_id, _T.text, _T.digits).ddl_if(dialect="sqlite")
_SEARCHED = Searchable(_T.text, _T.digits, _T.pieces)

FEW = 1_000
"""Up to so many conversations are looked up, and then ordered. More are so frequent that the newest are soon found in the inbox."""


class Named(Struct, frozen=True, kw_only=True, gc=False):
    """What a conversation can be found by: its name, and its participants as they are called now."""

    workspace_id: str
    name: str | None
    people: tuple[Participant, ...]
    version: int


def fold(row: Named | None, recorded: Recorded) -> Named | None:
    """Fold one event of a conversation's stream."""
    event, version = recorded.event, recorded.version
    if isinstance(event, Created):
        return Named(workspace_id=recorded.cause.workspace_id, name=event.name, people=event.roster, version=version)
    if row is None:
        return None
    match event:
        case GroupRenamed():
            return replace(row, name=event.name, version=version)
        case ParticipantContactLinked() | ParticipantContactMerged():
            people = (
                replace(each, contact_id=event.contact_id, name=event.name) if each.number == event.number else each
                for each in row.people
            )
            return replace(row, people=tuple(people), version=version)
        case ParticipantContactRenamed():
            people = (replace(each, name=event.name) if each.contact_id == event.contact_id else each for each in row.people)
            return replace(row, people=tuple(people), version=version)
    return row


def _columns(row: Named) -> dict[str, Any]:
    text, digits = folded_lines((row.name, *(each.name for each in row.people))), digit_lines(each.number for each in row.people)
    return {
        "workspace_id": row.workspace_id,
        "text": text,
        "digits": digits,
        "pieces": pieces(row.workspace_id, (*text.split("\n"), *digits.split("\n"))),
    }


_EVENTS = (Created, GroupRenamed, ParticipantContactLinked, ParticipantContactMerged, ParticipantContactRenamed)
_ROWS = StreamRows(INBOX_SEARCH, Named, _columns, fold, events=_EVENTS, births=(Created,))


def keep(connection: Connection, batch: Sequence[Recorded]) -> None:
    """Apply events."""
    _ROWS.apply(connection, batch)


def found_by(connection: Connection, workspace_id: str, sought: Query, conversation_id: Column[str]) -> ColumnElement[bool]:
    """Return the condition that a search finds a conversation of the workspace.

    The conversations are looked up first, because no database can tell how many there will be, and plans accordingly.
    """
    query = select(_T.conversation_id).where(_T.workspace_id == workspace_id, sought.indexed(connection, workspace_id, _SEARCHED))
    found = connection.execute(query.limit(FEW + 1)).scalars().all()
    if not found:
        return false()  # SQLite would compare every conversation with an empty list
    if len(found) <= FEW:
        return conversation_id.in_(found)
    frequent = select(1).where(_T.conversation_id == conversation_id, sought.condition(connection, _T.text, _T.digits))
    return frequent.exists()
