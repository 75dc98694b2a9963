"""The clients: one whose methods return responses, and one whose methods are awaited. Both have the methods of `Operations`."""

import asyncio
import time
from collections.abc import AsyncGenerator, Collection, Generator
from typing import Any, Self, TypeVar

import httpx

from groupchat import __version__
from groupchat.api.call import Awaiting, Blocking, Call
from groupchat.api.events import StoredEvent
from groupchat.api.exchange import Outcome, Request, Retry, Seen, exchange
from groupchat.api.flow import Flow
from groupchat.api.importing import Importing
from groupchat.api.operations import Operations
from groupchat.api.problems import ProblemError, require_success
from groupchat.api.stored import UnknownEvent
from groupchat.api.stream import Following
from groupchat.api.types import LineResult

T = TypeVar("T")
Item = TypeVar("Item")
SECONDS = 30.0
RETRY = Retry()
SILENCE_SECONDS = 40.0
"""The event stream has something at least every 15 seconds. A connection that is silent for longer is dead."""


class Client(Operations, Blocking):
    """A client of one server, with the rights of one API key. It can be shared by threads; close it, or use it with `with`.

    A read includes this client's own writes. To include another process's, set `seen.position` to its position.
    """

    def __init__(
        self,
        url: str,
        api_key: str,
        *,
        retry: Retry = RETRY,
        seconds: float = SECONDS,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.seen = Seen()
        self._retry = retry
        self._http = httpx.Client(base_url=url, headers=_headers(api_key), timeout=seconds, transport=transport)

    def send(self, call: Call[T]) -> T:
        """Return the response to a call; raises `ProblemError`, or httpx's `TransportError` if there is none."""
        steps = exchange(call, self.seen, self._retry)
        request = next(steps)
        while True:
            time.sleep(request.wait)
            try:
                request = steps.send(self._outcome(request))
            except StopIteration as end:
                response: T = end.value
                return response

    def follow_events(
        self, *, after: int | None = None, types: Collection[str] = (), conversation_id: str | None = None
    ) -> Generator[StoredEvent | UnknownEvent, None, None]:
        """Follow the events after a position, or from now on, for as long as you iterate.

        A broken connection is resumed after the last event. Keep the `position` of the last event that you have processed, and give
        it as `after` when your program starts again.
        """
        return self._flow(Following(after, types, conversation_id, self._retry))

    def import_contacts(self, file: bytes, *, after_line: int | None = None) -> Generator[LineResult, None, None]:
        """Import contacts from a CSV file, and return the outcome of each line as it comes.

        A broken connection is continued after the last line. If your program stops, give the `line` that it has handled last as
        `after_line`, or import the file again: lines that are done are `unchanged`.
        """
        return self._flow(Importing(file, after_line, self._retry, self.seen))

    def _flow(self, flow: Flow[Item]) -> Generator[Item, None, None]:
        while True:
            try:
                with self._http.stream(**_streamed(flow.request())) as response:
                    if not response.is_success:
                        response.read()
                    require_success(response)
                    for piece in response.iter_bytes():
                        yield from flow.feed(piece)
                if flow.done:
                    return
                wait = flow.ended()
            except (ProblemError, httpx.TransportError) as error:
                wait = flow.ended(error)
            time.sleep(wait)

    def _outcome(self, request: Request) -> Outcome:
        try:
            return self._http.request(**_sent(request))
        except httpx.TransportError as error:
            return error

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClient(Operations, Awaiting):
    """The same for asyncio: its methods are awaited, and lists and events are read with `async for`."""

    def __init__(
        self,
        url: str,
        api_key: str,
        *,
        retry: Retry = RETRY,
        seconds: float = SECONDS,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.seen = Seen()
        self._retry = retry
        self._http = httpx.AsyncClient(base_url=url, headers=_headers(api_key), timeout=seconds, transport=transport)

    async def send(self, call: Call[T]) -> T:
        """Return the response to a call; raises `ProblemError`, or httpx's `TransportError` if there is none."""
        steps = exchange(call, self.seen, self._retry)
        request = next(steps)
        while True:
            await asyncio.sleep(request.wait)
            try:
                request = steps.send(await self._outcome(request))
            except StopIteration as end:
                response: T = end.value
                return response

    def follow_events(
        self, *, after: int | None = None, types: Collection[str] = (), conversation_id: str | None = None
    ) -> AsyncGenerator[StoredEvent | UnknownEvent, None]:
        """Follow the events after a position, or from now on, for as long as you iterate.

        A broken connection is resumed after the last event. Keep the `position` of the last event that you have processed, and give
        it as `after` when your program starts again.
        """
        return self._flow(Following(after, types, conversation_id, self._retry))

    def import_contacts(self, file: bytes, *, after_line: int | None = None) -> AsyncGenerator[LineResult, None]:
        """Import contacts from a CSV file, and return the outcome of each line as it comes.

        A broken connection is continued after the last line. If your program stops, give the `line` that it has handled last as
        `after_line`, or import the file again: lines that are done are `unchanged`.
        """
        return self._flow(Importing(file, after_line, self._retry, self.seen))

    async def _flow(self, flow: Flow[Item]) -> AsyncGenerator[Item, None]:
        while True:
            try:
                async with self._http.stream(**_streamed(flow.request())) as response:
                    if not response.is_success:
                        await response.aread()
                    require_success(response)
                    async for piece in response.aiter_bytes():
                        for item in flow.feed(piece):
                            yield item
                if flow.done:
                    return
                wait = flow.ended()
            except (ProblemError, httpx.TransportError) as error:
                wait = flow.ended(error)
            await asyncio.sleep(wait)

    async def _outcome(self, request: Request) -> Outcome:
        try:
            return await self._http.request(**_sent(request))
        except httpx.TransportError as error:
            return error

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _headers(api_key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {api_key}", "User-Agent": f"groupchat-api/{__version__}"}


def _sent(request: Request) -> dict[str, Any]:
    """Return what httpx takes."""
    return {
        "method": request.method,
        "url": request.path,
        "params": request.params,
        "headers": request.headers,
        "content": request.content,
    }


def _streamed(request: Request) -> dict[str, Any]:
    return _sent(request) | {"timeout": SILENCE_SECONDS}
