"""Pages of lists that are held in memory."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from msgspec import Struct

from groupchat.projections.paging import PageRequest, cursor_at, key_at

T = TypeVar("T")


class PageOf(Struct, Generic[T], frozen=True):
    """A page of a list; `next_cursor` goes back as `cursor`, and is null on the last page."""

    items: list[T]
    next_cursor: str | None


def page_of(found: Sequence[T], wanted: PageRequest, key: Callable[[T], Any]) -> PageOf[T]:
    """Return a page of a list in the order of a key; raises `InvalidRequestError` for a bad cursor."""
    ordered = sorted(found, key=key)
    if wanted.cursor is not None and ordered:
        after = key_at(wanted.cursor, type(key(ordered[0])))
        ordered = [each for each in ordered if key(each) > after]
    shown = ordered[: wanted.limit]
    return PageOf(shown, cursor_at(key(shown[-1])) if len(ordered) > len(shown) else None)
