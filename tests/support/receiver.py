"""Another system that receives webhooks: a small HTTP server, which keeps its requests and responds as a test chooses."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from msgspec import Struct

PATIENCE = 20.0
"""No test waits for this long but one that fails."""
HANG = 0


class Heard(Struct, frozen=True):
    """A request: its path, its headers in lower case, and its body."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def type(self) -> str:
        """The last word of the event's type."""
        return self.message["type"].rpartition(".")[2]


class Receiver:
    """The other system. `answer` returns a status for a request, or `HANG` for none, and further lines of the head."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.answer: Callable[[Heard], int | str] = lambda _: 204
        self.url = ""
        self._changed = asyncio.Condition()

    def of(self, path: str) -> list[Heard]:
        return [each for each in self.heard if each.path == path]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the received requests fulfill a condition."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(condition)

    async def count(self, n: int, path: str = "/") -> list[Heard]:
        """Wait for so many requests and return them."""
        await self.until(lambda: len(self.of(path)) >= n)
        return self.of(path)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                await self._exchange(reader, writer)
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name}
        heard = Heard(first.split(" ")[1], headers, await reader.readexactly(int(headers["content-length"])))
        answer = self.answer(heard)
        async with self._changed:
            self.heard.append(heard)
            self._changed.notify_all()
        if answer == HANG:
            await reader.readexactly(1)  # nothing comes: it ends when the caller gives up
        head = f"{answer} Answer" if isinstance(answer, int) else answer
        writer.write(f"HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """Serve on a free port of this machine."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield receiver
    finally:
        server.close()
