"""Pages of a list, and the opaque cursor that leads to the next one."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

from groupchat.values.errors import InvalidRequestError

T = TypeVar("T")
LAST_POSITION = 2**63 - 1
Position = Annotated[int, Meta(ge=0, le=LAST_POSITION)]
StorableText = Annotated[str, Meta(pattern=r"^[^\x00]*$")]

DEFAULT_LIMIT = 50


class PageRequest(Struct, frozen=True):
    """A page of a list: at most `limit` items after a cursor, or the first page without a cursor."""

    cursor: str | None = None
    limit: int = DEFAULT_LIMIT


FIRST_PAGE = PageRequest()


class Page(Struct, frozen=True):
    """Items as JSON bytes, and the cursor of the next page; none after the last page."""

    items: tuple[Raw, ...]
    next_cursor: str | None


def page_of(items: Sequence[tuple[str | bytes, Any]], limit: int) -> Page:
    """Make a page of up to `limit + 1` items, each with its sort key: an extra item means that another page follows."""
    shown = items[:limit]
    more = len(items) > limit
    return Page(tuple(Raw(doc) for doc, _ in shown), cursor_at(shown[-1][1]) if more else None)


def cursor_at(key: object) -> str:
    """Return the cursor after an item with this key."""
    return urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def key_at(cursor: str, shape: type[T]) -> T:
    """Return the key in a cursor; raises `InvalidRequestError` for a cursor that this list did not return."""
    try:
        return msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=shape)
    except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
        msg = "Not a cursor of this list. Use the next_cursor of an earlier page, or omit it."
        raise InvalidRequestError("cursor", msg) from error
