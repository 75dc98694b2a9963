"""Pages of lists that are held in memory."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from msgspec import Struct

from groupchat.projections.paging import PageRequest, extract

T = TypeVar("T")


class PageOf(Struct, Generic[T], frozen=True):
    """A page of a list. As `cursor`, `next_cursor` leads to the next page and `prev_cursor` to the one before; null at an end."""

    items: list[T]
    next_cursor: str | None
    prev_cursor: str | None


def page_of(found: Sequence[T], wanted: PageRequest, key: Callable[[T], Any]) -> PageOf[T]:
    """Return a page of a list, ordered by a key; raises `InvalidRequestError` for a bad cursor."""
    ordered = sorted(found, key=key)
    if not ordered:
        return PageOf([], None, None)
    shown = extract(wanted, type(key(ordered[0])))
    begun = ordered[::-1] if shown.downwards else ordered
    left = [each for each in begun if shown.reaches(key(each))][: wanted.limit + 1]
    edges = shown.edges([key(each) for each in left])
    return PageOf(shown.shown(left), edges.next_cursor, edges.prev_cursor)
