"""An address that stays while the server behind it comes and goes, as a proxy's does."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

PIECE = 65_536


class Door:
    """Passes bytes between a browser and the server. With nothing behind it, it hangs up; `deaf`, it keeps the responses."""

    def __init__(self) -> None:
        self.url = ""
        self.behind: int | None = None
        self.deaf = False

    async def relay(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Pass on one connection."""
        try:
            if self.behind is not None:
                with suppress(OSError):
                    there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.behind)
                    await asyncio.gather(self._pass(reader, there_writer), self._pass(there_reader, writer, back=True))
        finally:
            writer.transport.abort()

    async def _pass(self, source: StreamReader, target: StreamWriter, *, back: bool = False) -> None:
        try:
            while piece := await source.read(PIECE):
                if not (back and self.deaf):
                    target.write(piece)
                    await target.drain()
        finally:
            target.close()


@asynccontextmanager
async def open_door() -> AsyncIterator[Door]:
    """Open a door on a port of its own."""
    door = Door()
    server = await asyncio.start_server(door.relay, "127.0.0.1", 0)
    door.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield door
    finally:
        server.close()
