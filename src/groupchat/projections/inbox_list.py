"""The list of the inbox: filters, pages, and counts (R22, R27, R30)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, func, or_, select

from groupchat.projections.assigned import has_participant, seen_by
from groupchat.projections.inbox import INBOX
from groupchat.projections.inbox_search import found_by
from groupchat.projections.paging import FIRST_PAGE, Listed, Page, PageRequest, Position, extract, read_page
from groupchat.projections.read_marks import READ_MARKS, Mark
from groupchat.projections.search import query_for
from groupchat.values.clock import to_micros

_INBOX = INBOX.c
_COLUMNS = (
    _INBOX.doc,
    _INBOX.last_activity_position,
    _INBOX.inbound_count,
    READ_MARKS.c.inbound_count,
    READ_MARKS.c.marked_unread,
)
_IS_OF_READER = and_(READ_MARKS.c.conversation_id == _INBOX.conversation_id, READ_MARKS.c.user_id == bindparam("reader"))
_HAS_UNREAD = or_(
    func.coalesce(READ_MARKS.c.marked_unread, False),
    _INBOX.inbound_count > func.coalesce(READ_MARKS.c.inbound_count, 0),
)


class ConversationFilter(Struct, frozen=True, kw_only=True):
    """The conversations to list (R27). A field that is `None` doesn't filter.

    `participant` is a number (E.164), `contact_id` the contact of a participant. Times have a time zone. `since` is inclusive,
    `before` is exclusive.
    """

    q: str | None = None
    unread: bool | None = None
    blocked: bool | None = None
    business_number: str | None = None
    participant: str | None = None
    contact_id: str | None = None
    created_by: str | None = None
    created_since: datetime | None = None
    created_before: datetime | None = None
    active_since: datetime | None = None
    active_before: datetime | None = None


class InboxPage(Page, frozen=True):
    """A page of the inbox, with the number of matching conversations and of all unread ones, if requested."""

    total: int | None = None
    unread: int | None = None


ALL = ConversationFilter()


def page(
    connection: Connection,
    workspace_id: str,
    user_id: str,
    chosen: ConversationFilter = ALL,
    wanted: PageRequest = FIRST_PAGE,
    *,
    sees_only: str | None = None,
    counted: bool = False,
) -> InboxPage:
    """Return a page of `Conversation`s, newest activity first (R27); with `sees_only`, only those that R22 allows that user.

    `counted` adds `total` and `unread`, which takes time in proportion to the conversations. Raises `InvalidRequestError` for a bad
    cursor or search.
    """
    visible = _visible(connection, workspace_id, user_id, sees_only)
    query = visible.where(*_conditions(connection, workspace_id, chosen))
    shown = extract(wanted, Position, newest_first=True)
    found = asdict(read_page(connection, query, (_INBOX.last_activity_position,), shown, _with_unread))
    if not counted:
        return InboxPage(**found)
    return InboxPage(**found, total=_count(connection, query), unread=_count(connection, visible.where(_HAS_UNREAD)))


def _visible(connection: Connection, workspace_id: str, user_id: str, sees_only: str | None) -> Select[Any]:
    """Return the query of all conversations that the user sees."""
    query = select(*_COLUMNS).outerjoin(READ_MARKS, _IS_OF_READER).where(_is_of(connection, workspace_id))
    if sees_only is not None:
        query = query.where(seen_by(sees_only, _INBOX.conversation_id))
    return query.params(reader=user_id)


def _is_of(connection: Connection, workspace_id: str) -> ColumnElement[bool]:
    """Return the condition that conversations are the workspace's.

    SQLite expects a workspace to have ten, and reads all of them in their order instead of a few by their ids, unless it is told.
    """
    condition = _INBOX.workspace_id == workspace_id
    return func.likely(condition) if connection.dialect.name == "sqlite" else condition


def _count(connection: Connection, query: Select[Any]) -> int:
    return connection.execute(query.with_only_columns(func.count())).scalar_one()


def _conditions(connection: Connection, workspace_id: str, chosen: ConversationFilter) -> Iterable[ColumnElement[bool]]:
    if chosen.blocked is not None:
        yield _INBOX.blocked == chosen.blocked
    if chosen.unread is not None:
        yield _HAS_UNREAD if chosen.unread else ~_HAS_UNREAD
    if sought := query_for(chosen.q):
        yield found_by(connection, workspace_id, sought, _INBOX.conversation_id)
    if chosen.participant is not None or chosen.contact_id is not None:
        yield has_participant(_INBOX.conversation_id, number=chosen.participant, contact_id=chosen.contact_id)
    for column, value in ((_INBOX.business_number, chosen.business_number), (_INBOX.created_by, chosen.created_by)):
        if value is not None:
            yield column == value
    yield from _within(_INBOX.created_at, chosen.created_since, chosen.created_before)
    yield from _within(_INBOX.last_activity_at, chosen.active_since, chosen.active_before)


def _within(column: ColumnElement[int], since: datetime | None, before: datetime | None) -> Iterable[ColumnElement[bool]]:
    if since is not None:
        yield column >= to_micros(since)
    if before is not None:
        yield column < to_micros(before)


def _with_unread(row: Row[Any]) -> Listed:
    """Add a user's fields to the stored JSON of `Shown`, which makes it a `Conversation`."""
    doc, position, inbound, read, marked = row
    unread = inbound if read is None else Mark(read, marked).unread_of(inbound)
    return Listed(f'{doc[:-1]},"unread_count":{unread}}}', position)
