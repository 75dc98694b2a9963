"""Calls of the API, and methods that are declared once for both clients."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial, wraps
from types import MethodType
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

from msgspec import UNSET

P = ParamSpec("P")
T = TypeVar("T")
Item = TypeVar("Item")
Item_co = TypeVar("Item_co", covariant=True)


class Page(Protocol[Item_co]):
    """A page of a list; the cursor leads to the next page, and is null on the last one."""

    @property
    def items(self) -> Sequence[Item_co]:
        """The items."""

    @property
    def next_cursor(self) -> str | None:
        """The cursor."""


PageT = TypeVar("PageT", bound=Page[Any])


@dataclass(frozen=True, kw_only=True)
class Call(Generic[T]):
    """A request to make, and the type of its response: None, `str` and `bytes` for a body that is not JSON.

    Parameters and fields of the body that are `UNSET` are not sent. If the operation `takes_key`, it gets an idempotency key.
    """

    method: str
    path: str
    answer: Any = None
    query: Mapping[str, Any] | None = None
    body: Mapping[str, Any] | bytes | None = None
    media: str = "application/json"
    if_match: int | None = None
    takes_key: bool = False
    idempotency_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class ListCall(Call[PageT], Generic[PageT, Item]):
    """A call that returns a page of items."""

    def at(self, cursor: str) -> "ListCall[PageT, Item]":
        """Return the call for the page that a cursor leads to."""
        return replace(self, query={**(self.query or {}), "cursor": cursor})


class Blocking(ABC):
    """A client whose methods return responses."""

    @abstractmethod
    def send(self, call: Call[T]) -> T:
        """Return the response to a call; raises `ProblemError`, or httpx's `TransportError` if there is none."""


class Awaiting(ABC):
    """A client whose methods are awaited."""

    @abstractmethod
    async def send(self, call: Call[T]) -> T:
        """Return the response to a call; raises `ProblemError`, or httpx's `TransportError` if there is none."""


@dataclass(frozen=True)
class Pages(Generic[PageT, Item]):
    """A list: iterating over it requests page after page."""

    client: Blocking
    call: ListCall[PageT, Item]

    def page(self) -> PageT:
        """Return one page: the first, or the one that `cursor` leads to."""
        return self.client.send(self.call)

    def __iter__(self) -> Iterator[Item]:
        """Return all items, from that page on."""
        call = self.call
        while True:
            page = self.client.send(call)
            yield from page.items
            if page.next_cursor is None:
                return
            call = call.at(page.next_cursor)


@dataclass(frozen=True)
class AsyncPages(Generic[PageT, Item]):
    """A list: iterating over it requests page after page."""

    client: Awaiting
    call: ListCall[PageT, Item]

    async def page(self) -> PageT:
        """Return one page: the first, or the one that `cursor` leads to."""
        return await self.client.send(self.call)

    async def __aiter__(self) -> AsyncIterator[Item]:
        """Return all items, from that page on."""
        call = self.call
        while True:
            page = await self.client.send(call)
            for item in page.items:
                yield item
            if page.next_cursor is None:
                return
            call = call.at(page.next_cursor)


class operation(Generic[P, T]):  # noqa: N801 - it is a decorator
    """Make a method that describes a call into one that makes it; on an awaiting client, into one to await."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Call[T]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> "operation[P, T]": ...
    @overload
    def __get__(self, client: Blocking, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: Awaiting, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, client: Blocking | Awaiting | None, owner: type) -> Any:
        """Return the method of a client."""
        if client is None:
            return self
        return bound(client, self._describe, client.send)


class listing(Generic[P, PageT, Item]):  # noqa: N801 - it is a decorator
    """Make a method that describes the call for a page into one that returns the list."""

    def __init__(self, describe: Callable[Concatenate[Any, P], ListCall[PageT, Item]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> "listing[P, PageT, Item]": ...
    @overload
    def __get__(self, client: Blocking, owner: type) -> Callable[P, Pages[PageT, Item]]: ...
    @overload
    def __get__(self, client: Awaiting, owner: type) -> Callable[P, AsyncPages[PageT, Item]]: ...
    def __get__(self, client: Blocking | Awaiting | None, owner: type) -> Any:
        """Return the method of a client."""
        if client is None:
            return self
        if isinstance(client, Blocking):
            return bound(client, self._describe, partial(Pages, client))
        return bound(client, self._describe, partial(AsyncPages, client))


def bound(client: object, describe: Callable[..., Any], then: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return a client's method that describes a call, and does something with it."""
    own = MethodType(describe, client)

    @wraps(own)
    def method(*args: Any, **given: Any) -> Any:
        return then(own(*args, **given))

    return method


def given(**fields: Any) -> dict[str, Any]:
    """Return the fields that are set, with the names and values that the API uses."""
    return {name.removesuffix("_"): _written(value) for name, value in fields.items() if value is not UNSET}


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
