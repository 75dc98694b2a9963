"""A racer: a process of its own that opens a database and carries out plans, as it reads them from its standard input."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import PIPE

import msgspec
from msgspec import Struct

from tests.races.actions import Answer, Plan, run
from tests.store.following import log_to_stderr, opened
from tests.support.forked import Forked


class Request(Struct):
    """Reopen a database, or carry out a plan on the open one."""

    url: str | None = None
    plan: Plan | None = None


class Racer:
    """The other end of a racer's pipes."""

    def __init__(self, process: Forked) -> None:
        self._process = process

    async def open(self, url: str) -> None:
        """Let it open a database, with nothing in its memory."""
        await self._ask(Request(url=url))

    async def run(self, plan: Plan) -> list[Answer]:
        """Let it carry out a plan."""
        return await self._ask(Request(plan=plan))

    async def _ask(self, request: Request) -> list[Answer]:
        return await asyncio.to_thread(self._ask_blocking, request)

    def _ask_blocking(self, request: Request) -> list[Answer]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(request).decode() + "\n")
        self._process.stdin.flush()
        return msgspec.json.decode(self._process.stdout.readline(), type=list[Answer])


@contextmanager
def racing() -> Iterator[Racer]:
    """Start a racer; it ends with the block."""
    with Forked(__name__, stdin=PIPE, stdout=PIPE) as process:
        yield Racer(process)


async def serve() -> None:
    """Carry out the requests of the input, until it ends."""
    request = await _next()
    while request is not None and request.url is not None:
        async with opened(request.url) as store:
            _answer([])
            while (request := await _next()) is not None and request.plan is not None:
                _answer(await run(store, request.plan))


async def _next() -> Request | None:
    line = await asyncio.to_thread(sys.stdin.buffer.readline)
    return msgspec.json.decode(line, type=Request) if line else None


def _answer(answers: list[Answer]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(answers) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    log_to_stderr()
    asyncio.run(serve())
