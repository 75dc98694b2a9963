"""Serving: one process with HTTP, and optionally workers, until a signal or a failed worker ends it."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Iterator, Sequence

import uvicorn

from groupchat.bootstrap import running, working
from groupchat.demo import story
from groupchat.demo import workspace as demo
from groupchat.demo.clock import StoryClock
from groupchat.http.app import create_app
from groupchat.http.guards.connections import limited_to
from groupchat.http.services import Services
from groupchat.settings import Settings
from groupchat.values.errors import ExpectedError
from groupchat.values.waiting import first_set
from groupchat.workers import on_signal

GRACE_SECONDS = 5
KEEP_ALIVE_SECONDS = 75
"""The time that a connection may be idle between two requests: longer than load balancers keep theirs."""
BACKLOG = 2048
DATE_SECONDS = 1.0
Announce = Callable[[str, list[str]], None]
"""Called with the address and a text to show, once the server listens."""


class AddressError(ExpectedError):
    """The server can't listen at the given address. The message says why."""


async def serve(
    settings: Settings,
    host: str,
    port: int,
    *,
    workers: Sequence[str] | None,
    announce: Announce,
    with_demo: bool = False,
) -> None:
    """Serve until a signal; `workers` as in `bootstrap.working`."""
    clock = StoryClock()  # it shows the present time, except while the demo's story is written
    async with running(settings, clock=clock) as system, working(system, workers) as failed:
        sock = _bind(host, port)
        address = _address(sock, host)
        lines = _what_to_try(await demo.prepare(system, clock), address) if with_demo else []
        services = system.services
        server = _Server(_config(services, settings.max_connections))
        on_signal(failed.set)
        serving = asyncio.create_task(server.serve([sock]))
        watching = asyncio.create_task(failed.wait())
        try:
            await _listening(server, serving)
            if server.started:
                announce(address, lines)
            await asyncio.wait([serving, watching], return_when=asyncio.FIRST_COMPLETED)
        finally:
            services.streams.close()
            server.end()
            watching.cancel()
            await serving
            await services.refusals.close()


class _Server(uvicorn.Server):
    """Leaves signals to `on_signal`, and sleeps while there is nothing to do."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ending = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none. At its end, uvicorn raises them again, which would interrupt the rest of the shutdown."""
        yield

    async def main_loop(self) -> None:
        """Renew the date that responses have, until `end`. uvicorn looks ten times a second whether it should exit."""
        while not await self.on_tick(0):
            await first_set(self._ending, seconds=DATE_SECONDS)

    def end(self) -> None:
        """Close the connections, and stop."""
        self.should_exit = True
        self._ending.set()


def _config(services: Services, max_connections: int) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(services),
        http=limited_to(max_connections),
        ws="none",
        lifespan="off",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


async def _listening(server: uvicorn.Server, serving: asyncio.Task[None]) -> None:
    while not server.started and not serving.done():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(serving), 0.01)


def _bind(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        msg = f"Can't listen on {host}:{port} ({reason}). Choose another one with --host and --port. --port 0 chooses a free port."
        raise AddressError(msg) from error


def _address(sock: socket.socket, host: str) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{sock.getsockname()[1]}"


def _what_to_try(made: demo.Demo, address: str) -> list[str]:
    story_is = "A demo workspace was created." if made.fresh else "The demo workspace is as you left it."
    return [
        f"{story_is} Open the console, signed in. Each address works once:",
        f"  {address}/#sign-in={made.owners_sign_in}  as its owner",
        f"  {address}/#sign-in={made.restricted_sign_in}  as a member who sees only what is assigned to them",
        f"To use the API, copy this line into every shell that you use. The workspace's number is {story.FRONT_DESK}:",
        f"  export KEY={made.api_key}",
        "Try:",
        f'  curl -H "Authorization: Bearer $KEY" {address}/v1/conversations',
        "and continue with docs/tutorial.md. Stop with Ctrl-C.",
    ]
