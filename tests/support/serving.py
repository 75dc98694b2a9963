"""The API on a socket, with its workers: a server in a thread of this process."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Thread
from typing import Any

import uvicorn
from msgspec.structs import replace

from groupchat import bootstrap
from groupchat.http.app import create_app
from groupchat.settings import Settings
from tests.support.world import found

Address = tuple[str, str, uvicorn.Server]


@contextmanager
def serving(database_url: str, *, patience: float = 5.0, **settings: Any) -> Iterator[tuple[str, str]]:
    """Serve a new workspace in a thread with a loop of its own; give its URL and its owner's key.

    `patience` is how many seconds a read waits for its views.
    """
    listening: Future[Address] = Future()
    thread = Thread(target=_run, args=(Settings(database_url=database_url, **settings), patience, listening))
    thread.start()
    try:
        url, key, server = listening.result(30)
        try:
            yield url, key
        finally:
            server.should_exit = True
    finally:
        thread.join(30)


def _run(settings: Settings, patience: float, listening: Future[Address]) -> None:
    try:
        asyncio.run(_serve(settings, patience, listening))
    except Exception as error:
        if listening.done():
            raise
        listening.set_exception(error)


async def _serve(settings: Settings, patience: float, listening: Future[Address]) -> None:
    async with bootstrap.running(settings) as system, bootstrap.working(system, ()):
        founded = await found(system.store)
        app = create_app(replace(system.services, patience=patience))
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.wait({serving}, timeout=0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        listening.set_result((f"http://127.0.0.1:{port}", founded.api_key, server))
        await serving
