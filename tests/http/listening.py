"""A reader of the event stream, without a socket: it speaks ASGI to the application, and takes frames when a test says so."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.types import ASGIApp

from groupchat.http.web.request import ABORT
from tests.http.site import Json, Site

PATIENCE = 10.0
"""No test waits for this long but one that fails."""


class Listener:
    """One stream. `taking` is cleared to let the server wait with its next frame."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.taking = asyncio.Event()
        self.taking.set()
        self.offered = asyncio.Event()
        self.ended = asyncio.Event()
        self.aborted = False
        self.comments: list[str] = []
        self.last_id: int | None = None
        self.raw = b""
        self._gone = asyncio.Event()
        self._events: asyncio.Queue[Json] = asyncio.Queue()
        self._heard = asyncio.Condition()

    # --- the server's side

    async def receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        self.offered.set()
        await self.taking.wait()
        for block in message["body"].decode().split("\n\n")[:-1]:
            self._take(block)
        self.raw += message["body"]
        async with self._heard:
            self._heard.notify_all()

    def abort(self) -> None:
        self.aborted = True

    def _take(self, block: str) -> None:
        if block.startswith(":"):
            self.comments.append(block.removeprefix(":").strip())
            return
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        self.last_id = int(fields["id"])
        if fields.keys() == {"id"}:
            return
        event = json.loads(fields["data"])
        assert (fields["id"], fields["event"]) == (str(event["position"]), event["type"])
        self._events.put_nowait(event)

    # --- the test's side

    async def event(self) -> Json:
        """Wait for the next event."""
        return await asyncio.wait_for(self._events.get(), PATIENCE)

    async def until(self, position: int) -> list[Json]:
        """Return the next events up to a position, which must be shown."""
        found = [await self.event()]
        while found[-1]["position"] < position:
            found.append(await self.event())
        return found

    async def heard(self, comments: int) -> None:
        """Wait until there were so many comments."""
        async with asyncio.timeout(PATIENCE), self._heard:
            await self._heard.wait_for(lambda: len(self.comments) >= comments)

    async def rest(self) -> list[Json]:
        """Wait for the stream's end, and return the events that were not asked for."""
        await asyncio.wait_for(self.ended.wait(), PATIENCE)
        return [self._events.get_nowait() for _ in range(self._events.qsize())]

    def leave(self) -> None:
        self._gone.set()


@asynccontextmanager
async def listening(
    site: Site, after: int | None = None, *, last_event_id: str | None = None, method: str = "GET", query: str | None = None
) -> AsyncIterator[Listener]:
    """Open a stream for the site's caller; it is open when the block begins, unless it was refused."""
    listener = Listener()
    headers = [(b"host", b"test"), (b"authorization", f"Bearer {site.key}".encode())]
    if last_event_id is not None:
        headers.append((b"last-event-id", last_event_id.encode()))
    query = query if query is not None else "" if after is None else f"after={after}"
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": "/v1/events",
        "raw_path": b"/v1/events",
        "query_string": query.encode(),
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "root_path": "",
        ABORT: listener.abort,
    }
    app: ASGIApp = site.client._transport.app  # type: ignore[attr-defined]

    async def serve() -> None:
        try:
            await app(scope, listener.receive, listener.send)
        finally:
            listener.ended.set()

    task = asyncio.create_task(serve())
    try:
        await asyncio.wait_for(listener.offered.wait(), PATIENCE)
        yield listener
    finally:
        listener.taking.set()
        listener.leave()
        await asyncio.wait_for(task, PATIENCE)


async def streamed(site: Site, after: int = 0) -> list[Json]:
    """Return all events that a caller's stream sends."""
    async with listening(site, after) as listener:
        return await listener.rest()
