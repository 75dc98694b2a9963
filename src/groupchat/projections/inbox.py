"""The view `inbox`: conversations as a list shows them, newest activity first (R27).

`inbox_list.py` has the list, and `inbox_search.py` the texts that it is searched by. Unread counts per user (R30) come from the
view `read_marks`, so a query that shows them waits for both views.
"""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct, field
from msgspec.structs import asdict, replace
from sqlalchemy import Boolean, Column, Connection, Index, Table, Text

from groupchat.aggregates import group_state
from groupchat.aggregates.group_events import Created, InboundReceived, MessageSent
from groupchat.aggregates.group_state import GroupConversation
from groupchat.projections import assigned, inbox_search, read_marks
from groupchat.projections.assigned import GROUP_CONTACTS
from groupchat.projections.inbox_search import INBOX_SEARCH
from groupchat.projections.read_marks import NO_MARK, Mark
from groupchat.projections.rows import StreamRows, events_named
from groupchat.projections.thread import Author, Direction, Message
from groupchat.projections.view import View
from groupchat.store.tables import BIG, METADATA
from groupchat.values.clock import to_micros
from groupchat.values.event import Moment, Recorded

INBOX = Table(
    "inbox",
    METADATA,
    Column("conversation_id", Text, primary_key=True),
    Column("workspace_id", Text, nullable=False),
    Column("business_number", Text, nullable=False),
    Column("blocked", Boolean, nullable=False),
    Column("inbound_count", BIG, nullable=False),
    Column("last_activity_position", BIG, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", BIG, nullable=False),
    Column("last_activity_at", BIG, nullable=False),
    Column("position", BIG, nullable=False),
    Column("state", Text, nullable=False),
    Column("doc", Text, nullable=False),
    Index("inbox_newest", "workspace_id", "last_activity_position"),
)

# --- shapes


class LastMessage(Struct, frozen=True, kw_only=True, gc=False):
    """The newest message of a conversation."""

    id: str
    author: Author
    direction: Direction
    body: str | None
    at: Moment


class Shown(Struct, frozen=True, kw_only=True, gc=False):
    """The part of a conversation that all users see alike. Without a name, `display_name` lists the participants (R13)."""

    id: str
    from_: str = field(name="from")
    name: str | None
    display_name: str
    blocked: bool
    blocked_by: tuple[str, ...]
    participant_count: int
    version: int
    created_at: Moment
    created_by: str
    last_activity_at: Moment
    last_message: LastMessage | None
    predecessor_id: str | None
    successor_id: str | None
    metadata: dict[str, str]
    kind: Literal["group", "direct"] = "group"
    """A direct conversation is with one person (R44)."""


class Conversation(Shown, frozen=True, kw_only=True):
    """A conversation as one user sees it (R27, R30)."""

    unread_count: int


class Found(Conversation, frozen=True, kw_only=True):
    """A conversation in a list. In a search of messages, `matched` is the newest message that matches; otherwise, it is null."""

    matched: Message | None


class InboxRow(Struct, frozen=True, kw_only=True, gc=False):
    """A conversation as the fold stores it. Its creation, and messages in both directions, count as activity."""

    id: str
    workspace_id: str
    group: GroupConversation
    created_at: Moment
    created_by: str
    last_activity_position: int
    inbound_count: int = 0
    last_message: LastMessage | None = None

    @property
    def version(self) -> int:
        """The version of the last event that was folded."""
        return self.group.version


# --- fold


def fold(row: InboxRow | None, recorded: Recorded) -> InboxRow | None:
    """Fold one event of a conversation's stream."""
    event = recorded.event
    group = group_state.evolve(row.group if row else None, recorded)
    if group is None:
        return None
    if group.carrier_message_ids:
        group = replace(group, carrier_message_ids=())
    if isinstance(event, Created):
        return InboxRow(
            id=recorded.stream,
            workspace_id=recorded.cause.workspace_id,
            group=group,
            created_at=recorded.at,
            created_by=recorded.cause.actor.id,
            last_activity_position=recorded.position,
        )
    if row is None:
        return None
    if isinstance(event, (MessageSent, InboundReceived)):
        inbound = isinstance(event, InboundReceived)
        return replace(
            row,
            group=group,
            last_message=LastMessage(
                id=event.message_id,
                author=Author.of(event),
                direction="inbound" if inbound else "outbound",
                body=event.body,
                at=recorded.at,
            ),
            last_activity_position=recorded.position,
            inbound_count=row.inbound_count + inbound,
        )
    return replace(row, group=group)


def shown(row: InboxRow, mark: Mark = NO_MARK) -> Conversation:
    """Return a conversation as the user with this mark sees it."""
    return Conversation(**asdict(shown_to_all(row)), unread_count=mark.unread_of(row.inbound_count))


def shown_to_all(row: InboxRow) -> Shown:
    """Return the part of a conversation that is the same for all users."""
    group = row.group
    return Shown(
        id=row.id,
        from_=group.business_number,
        name=group.name,
        display_name=group.name or ", ".join(member.shown_as for member in group.members),
        blocked=group.blocked,
        blocked_by=group.blocked_by,
        participant_count=len(group.members),
        version=group.version,
        created_at=row.created_at,
        created_by=row.created_by,
        last_activity_at=group.last_activity,
        last_message=row.last_message,
        predecessor_id=group.predecessor_id,
        successor_id=group.successor_id,
        metadata=group.metadata,
        kind="direct" if group.direct else "group",
    )


# --- following


def _columns(row: InboxRow) -> dict[str, Any]:
    group = row.group
    return {
        "workspace_id": row.workspace_id,
        "business_number": group.business_number,
        "blocked": group.blocked,
        "inbound_count": row.inbound_count,
        "last_activity_position": row.last_activity_position,
        "created_by": row.created_by,
        "created_at": to_micros(row.created_at),
        "last_activity_at": to_micros(group.last_activity),
        "doc": msgspec.json.encode(shown_to_all(row)).decode(),
    }


_ROWS = StreamRows(INBOX, InboxRow, _columns, fold, events=events_named("groupchat.conversation."), births=(Created,))
current = _ROWS.current


def _apply(connection: Connection, batch: Sequence[Recorded]) -> None:
    _ROWS.apply(connection, batch)
    assigned.keep(connection, batch)
    inbox_search.keep(connection, batch)


VIEW = View("inbox", (INBOX, GROUP_CONTACTS, INBOX_SEARCH), _apply)

# --- queries


def held(connection: Connection, workspace_id: str, user_id: str, conversation_id: str) -> tuple[InboxRow | None, Mark]:
    """Return a conversation's row, none if the workspace has no such conversation, and the user's mark on it.

    With `current` and `shown`, it answers a write exactly, even while the view lags.
    """
    row = _ROWS.of(connection, conversation_id)
    mark = read_marks.load(connection, [(user_id, conversation_id)]).get((user_id, conversation_id), NO_MARK)
    return row if row and row.workspace_id == workspace_id else None, mark


def one(connection: Connection, workspace_id: str, user_id: str, conversation_id: str) -> Conversation | None:
    """Return a conversation as a user sees it; none if the workspace has no such conversation."""
    row, mark = held(connection, workspace_id, user_id, conversation_id)
    return shown(row, mark) if row else None
