"""The list of the inbox: filters, pages, and counts (R22, R27, R30)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import BindParameter, ColumnElement, Connection, Row, Select, and_, bindparam, func, or_, select

from groupchat.projections import message_search, read_totals
from groupchat.projections.assigned import has_participant, seen_by
from groupchat.projections.inbox import INBOX
from groupchat.projections.inbox_search import found_by
from groupchat.projections.message_search import Hit, Sought
from groupchat.projections.paging import FIRST_PAGE, Extract, Listed, Page, PageRequest, Position, PreparedList, extract, read_page
from groupchat.projections.read_marks import READ_MARKS, Mark
from groupchat.projections.search import query_for
from groupchat.values.clock import to_micros

_INBOX = INBOX.c
_COLUMNS = (
    _INBOX.doc,
    _INBOX.last_activity_position,
    _INBOX.inbound_count,
    READ_MARKS.c.inbound_count.label("read_count"),
    READ_MARKS.c.marked_unread,
)
_AT_ONCE = 1_000
"""The most matching messages that are read at a time."""
_Text = str | BindParameter[str]
_HAS_UNREAD = or_(
    func.coalesce(READ_MARKS.c.marked_unread, False),
    _INBOX.inbound_count > func.coalesce(READ_MARKS.c.inbound_count, 0),
)


class ConversationFilter(Struct, frozen=True, kw_only=True):
    """The conversations to list (R27). A field that is `None` doesn't filter.

    `text` has words that a message must have. `participant` is a number (E.164), `contact_id` the contact of a participant. Times
    have a time zone. `since` is inclusive, `before` is exclusive.
    """

    q: str | None = None
    text: str | None = None
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
    """Return a page of `Found` conversations, newest activity first by default (R27).

    With `sees_only`, only those that R22 allows that user.
    With `text`, the order is that of the newest matching messages. `counted` adds `total`, which takes time in proportion to the
    conversations, and `unread`. Raises `InvalidRequestError` for a bad cursor or search.
    """
    shown = extract(wanted, Position, newest_first=True)
    if chosen == ALL and sees_only is None and not counted:
        everything = _everything(connection.dialect.name)
        return InboxPage(**asdict(everything.page(connection, shown, _listed, {"workspace_id": workspace_id, "reader": user_id})))
    visible = _visible(connection.dialect.name, workspace_id, user_id, sees_only)
    query = visible.where(*_conditions(connection, workspace_id, chosen))
    if chosen.text is None:
        found = asdict(read_page(connection, query, (_INBOX.last_activity_position,), shown, _listed))
    else:
        sought = message_search.sought_for(workspace_id, chosen.text)
        found = asdict(shown.page(_with_messages(connection, query, sought, shown)))
        query = query.where(_INBOX.conversation_id.in_(sought.conversations(connection)))
    if not counted:
        return InboxPage(**found)
    if sees_only is not None:
        return InboxPage(**found, total=_count(connection, query), unread=_count(connection, visible.where(_HAS_UNREAD)))
    total = _count_all(connection, workspace_id) if chosen == ALL else _count(connection, query)
    return InboxPage(**found, total=total, unread=read_totals.unread(connection, workspace_id, user_id))


def _with_messages(connection: Connection, query: Select[Any], sought: Sought, extract: Extract[int]) -> list[Listed]:
    """Return a page's conversations, each with its newest matching message, and one more if there is one.

    Messages are read in their order, some at a time. No database knows beforehand how many of them a page needs, because several
    may be in one conversation, or in one that the query leaves out.
    """
    found: list[tuple[Hit, Row[Any]]] = []
    settled: set[str] = set()
    beyond, size = None if extract.anchor is None else extract.anchor.key, 2 * extract.limit
    while len(found) <= extract.limit and (hits := sought.hits(connection, extract, beyond, settled, size)):
        newest = _newest(connection, sought, hits, extract)
        rows = connection.execute(query.add_columns(_INBOX.conversation_id).where(_INBOX.conversation_id.in_(newest)))
        by_id = {row.conversation_id: row for row in rows}
        new = [hit for hit in hits if hit.conversation_id in by_id and newest[hit.conversation_id] == hit.position]
        found += [(hit, by_id[hit.conversation_id]) for hit in new]
        settled |= {hit.conversation_id for hit in hits if extract.downwards or hit.conversation_id not in by_id}
        if len(hits) < size:
            break
        beyond, size = hits[-1].position, min(2 * size, _AT_ONCE)
    messages = message_search.shown(connection, [hit for hit, _ in found])
    return [_listed(row, hit.position, messages.get(hit.message_id, "null")) for hit, row in found[: extract.limit + 1]]


def _newest(connection: Connection, sought: Sought, hits: Sequence[Hit], extract: Extract[int]) -> Mapping[str, int]:
    """Return the position of the newest matching message in each conversation; from the top, it is the first one that comes."""
    if extract.anchor is None and extract.downwards:
        return {hit.conversation_id: hit.position for hit in reversed(hits)}
    return sought.newest_in(connection, {hit.conversation_id for hit in hits})


@cache
def _everything(dialect: str) -> PreparedList:
    """Return the list of all conversations of a `workspace_id` for a `reader`."""
    return PreparedList(_visible(dialect, bindparam("workspace_id"), bindparam("reader")), _INBOX.last_activity_position)


def _visible(dialect: str, workspace_id: _Text, user_id: _Text, sees_only: str | None = None) -> Select[Any]:
    """Return the query of all conversations that the user sees."""
    is_of_reader = and_(READ_MARKS.c.conversation_id == _INBOX.conversation_id, READ_MARKS.c.user_id == user_id)
    query = select(*_COLUMNS).outerjoin(READ_MARKS, is_of_reader).where(_is_of(dialect, workspace_id))
    return query if sees_only is None else query.where(seen_by(sees_only, _INBOX.conversation_id))


def _is_of(dialect: str, workspace_id: _Text) -> ColumnElement[bool]:
    """Return the condition that conversations are the workspace's.

    SQLite expects a workspace to have ten, and reads all of them in their order instead of a few by their ids, without this hint.
    """
    condition = _INBOX.workspace_id == workspace_id
    return func.likely(condition) if dialect == "sqlite" else condition


def _count(connection: Connection, query: Select[Any]) -> int:
    return connection.execute(query.with_only_columns(func.count())).scalar_one()


def _count_all(connection: Connection, workspace_id: str) -> int:
    """Count a workspace's conversations, in the index that lists them."""
    return connection.execute(select(func.count()).where(_INBOX.workspace_id == workspace_id)).scalar_one()


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


def _listed(row: Row[Any], position: int | None = None, matched: str = "null") -> Listed:
    """Add a user's fields, and the message that was searched for, to the stored JSON of `Shown`, which makes it `Found`."""
    doc, activity, inbound, read, marked_unread, *_ = row  # reading each by its name would take three times as long as all the rest
    unread = inbound if read is None else Mark(read, marked_unread).unread_of(inbound)
    return Listed(f'{doc[:-1]},"unread_count":{unread},"matched":{matched}}}', activity if position is None else position)
