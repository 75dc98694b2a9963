"""Pages of a list, and the opaque cursors that lead to the next one and back to the one before."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct
from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, tuple_

from groupchat.values.errors import InvalidRequestError

S = TypeVar("S")
T = TypeVar("T")
LAST_POSITION = 2**63 - 1
Position = Annotated[int, Meta(ge=0, le=LAST_POSITION)]
StorableText = Annotated[str, Meta(pattern=r"^[^\x00]*$")]

DEFAULT_LIMIT = 50


Order = Literal["asc", "desc"]


class PageRequest(Struct, frozen=True):
    """A page of a list: at most `limit` items at a cursor, or the first page without one; without `order` in the list's own."""

    cursor: str | None = None
    limit: int = DEFAULT_LIMIT
    order: Order | None = None


FIRST_PAGE = PageRequest()


class Page(Struct, frozen=True):
    """Items as JSON, ready to be sent, and the cursors of the pages around them; null where there is none."""

    items: tuple[Raw, ...]
    next_cursor: str | None
    prev_cursor: str | None = None


class Anchor(Struct, Generic[T], frozen=True):
    """The content of a cursor: the key of an item, and whether the page ends before it (`back`) or begins after it."""

    key: T
    back: bool = False


class Listed(Struct, frozen=True):
    """An item of a list: its JSON, and the key that the list is ordered by."""

    doc: str | bytes
    key: Any


class Edges(Struct, frozen=True):
    """The cursors of the pages around one; null where there is none."""

    next_cursor: str | None = None
    prev_cursor: str | None = None


class Extract(Struct, Generic[T], frozen=True):
    """The part of a list that a page shows, and the direction in which it is read from its anchor."""

    limit: int
    anchor: Anchor[T] | None
    downwards: bool

    @property
    def back(self) -> bool:
        """Whether the page ends at its anchor, so that it is read against the list's order."""
        return self.anchor is not None and self.anchor.back

    def reaches(self, key: Any) -> bool:
        """Return whether the item with a key is beyond the anchor, in the direction of reading."""
        return self.anchor is None or bool(key < self.anchor.key if self.downwards else key > self.anchor.key)

    def shown(self, found: Sequence[S]) -> list[S]:
        """Return the items of a page, of up to `limit + 1` that were read, in the list's order."""
        shown = list(found[: self.limit])
        return shown[::-1] if self.back else shown

    def edges(self, keys: Sequence[Any]) -> Edges:
        """Return the cursors around the items with these keys, up to `limit + 1` of them as read: one more means another page."""
        if not keys:
            return Edges()
        shown, more = self.shown(keys), len(keys) > self.limit
        after, before = (True, more) if self.back else (more, self.anchor is not None)
        return Edges(
            next_cursor=cursor_at(Anchor(shown[-1])) if after else None,
            prev_cursor=cursor_at(Anchor(shown[0], back=True)) if before else None,
        )

    def page(self, found: Sequence[Listed]) -> Page:
        """Return the page of up to `limit + 1` items that were read."""
        edges = self.edges([each.key for each in found])
        return Page(tuple(Raw(each.doc) for each in self.shown(found)), edges.next_cursor, edges.prev_cursor)


def extract(wanted: PageRequest, shape: type[T], *, newest_first: bool = False) -> Extract[T]:
    """Return the extract that a page shows of a list with keys of this shape; raises `InvalidRequestError` for a bad cursor.

    `newest_first` is for lists whose own order is from the greatest key to the least.
    """
    anchor = None if wanted.cursor is None else key_at(wanted.cursor, Anchor[shape])  # type: ignore[valid-type] # msgspec needs it
    descending = newest_first if wanted.order is None else wanted.order == "desc"
    return Extract(wanted.limit, anchor, descending != (anchor is not None and anchor.back))


def read_page(
    connection: Connection,
    query: Select[Any],
    columns: Sequence[ColumnElement[Any]],
    extract: Extract[Any],
    listed: Callable[[Row[Any]], Listed],
) -> Page:
    """Read a page of a list that is ordered by these columns."""
    anchor = None if extract.anchor is None else extract.anchor.key
    statement = _piece(query, columns, anchor, extract.limit + 1, downwards=extract.downwards)
    return extract.page([listed(row) for row in connection.execute(statement).all()])


def _piece(query: Select[Any], columns: Sequence[ColumnElement[Any]], anchor: Any, limit: Any, *, downwards: bool) -> Select[Any]:
    """Return the query of the first so many items beyond an anchor, or of all."""
    key = columns[0] if len(columns) == 1 else tuple_(*columns)
    if anchor is not None:
        query = query.where(key < anchor if downwards else key > anchor)
    return query.order_by(*(each.desc() if downwards else each.asc() for each in columns)).limit(limit)


class PreparedList:
    """A list that is read so often that its queries are built once: for each direction, with an anchor and without.

    Building one and finding out that it is compiled already takes SQLAlchemy as long as Postgres takes to answer it. The query has
    bound parameters; the list is ordered by one column.
    """

    def __init__(self, query: Select[Any], column: ColumnElement[Any]) -> None:
        beyond = bindparam("anchor", type_=column.type)
        self._statements = {
            (downwards, anchor is not None): _piece(query, (column,), anchor, bindparam("limit"), downwards=downwards)
            for downwards in (True, False)
            for anchor in (None, beyond)
        }

    def page(
        self, connection: Connection, extract: Extract[Any], listed: Callable[[Row[Any]], Listed], parameters: Mapping[str, Any]
    ) -> Page:
        """Read a page with these parameters of the query."""
        statement = self._statements[extract.downwards, extract.anchor is not None]
        beyond = {} if extract.anchor is None else {"anchor": extract.anchor.key}
        found = connection.execute(statement, {**parameters, **beyond, "limit": extract.limit + 1})
        return extract.page([listed(row) for row in found.all()])


def cursor_at(key: object) -> str:
    """Return a key as a cursor."""
    return urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def key_at(cursor: str, shape: type[T]) -> T:
    """Return the key in a cursor; raises `InvalidRequestError` for a cursor that this list did not return."""
    try:
        return msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=shape)
    except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
        msg = "Not a cursor of this list. Use a next_cursor or prev_cursor of an earlier page, or omit it."
        raise InvalidRequestError("cursor", msg, "bad-format") from error
