"""Connections, over real sockets: a client that is slow, silent or greedy is cut off, and the others notice nothing."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from groupchat.http.app import create_app
from groupchat.http.guards import connections
from groupchat.http.guards.connections import Connection
from groupchat.http.streams.streams import Stream as EventStream
from groupchat.http.streams.streams import Streams
from groupchat.http.streams.watch import Pace
from groupchat.http.web.request import Incoming
from tests.http.site import open_site

PATIENCE = 10.0
REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[int]:
    """Serve an application as `groupchat serve` does; give the port."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, http=Connection, ws="none", lifespan="off", log_config=None))
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:
            await asyncio.wait({task}, timeout=0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await asyncio.wait_for(task, PATIENCE)


async def hello(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def closed(reader: asyncio.StreamReader) -> bytes:
    """Wait until the server has closed the connection; return what came before."""
    with contextlib.suppress(ConnectionResetError):
        return await asyncio.wait_for(reader.read(), PATIENCE)
    return b""


async def test_a_client_that_says_nothing_is_cut_off(monkeypatch):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.05)
    async with serving(hello) as port, connected(port) as (reader, _):
        assert await closed(reader) == b""


@pytest.mark.parametrize("begun", [b"\r\n", b"GET", b"GET / HTTP/1.1\r\nHost: he", REQUEST + b"GET / HTTP"])
async def test_a_head_that_does_not_end_is_cut_off(monkeypatch, begun):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.05)
    async with serving(hello) as port, connected(port) as (reader, writer):
        writer.write(begun)
        answered = await closed(reader)
    assert answered.count(b"hello") == begun.count(REQUEST)


async def test_a_head_that_is_too_large_is_cut_off():
    async with serving(hello) as port, connected(port) as (reader, writer):
        with contextlib.suppress(ConnectionResetError):
            writer.write(b"GET / HTTP/1.1\r\n")
            while not reader.at_eof() and reader.exception() is None:
                writer.write(b"X-Filler: " + b"x" * 4_000 + b"\r\n")
                await writer.drain()
                await asyncio.sleep(0)
        assert await closed(reader) == b""


async def test_requests_on_one_connection_have_each_their_time(monkeypatch):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    async with serving(hello) as port, connected(port) as (reader, writer):
        for _ in range(3):
            writer.write(REQUEST)
            assert b"hello" in await asyncio.wait_for(reader.readuntil(b"hello"), PATIENCE)
            await asyncio.wait({asyncio.create_task(asyncio.Event().wait())}, timeout=0.1)
        writer.write(REQUEST[:10])
        writer.write(REQUEST[10:])
        assert await asyncio.wait_for(reader.readuntil(b"hello"), PATIENCE)


async def test_a_stream_that_nobody_takes_is_cut_off_and_costs_no_more_than_buffers(store):
    streams, made = Streams(store, Pace(stall=0.2)), 0

    async def frames():
        nonlocal made
        while True:
            made += 1
            yield b": " + b"x" * 1_000_000 + b"\n\n"

    ended = asyncio.Event()

    async def app(scope, receive, send):
        streams.admit("key")
        incoming = Incoming(scope, receive, {}, "req_1")
        await EventStream(200, streams=streams, login_id="key", incoming=incoming, frames=frames).send(send, "req_1")
        ended.set()

    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        deaf.settimeout(0)
        async with serving(app) as port:
            await asyncio.get_running_loop().sock_connect(deaf, ("127.0.0.1", port))
            deaf.send(REQUEST)
            await asyncio.wait_for(ended.wait(), PATIENCE)
            assert streams.open == 0
            assert made < 50  # what the kernel's buffers take, and no more


@pytest.mark.parametrize("sent", [b"hello\r\n\r\n", b"GET / HTTP/1.1\r\nHost: here\r\nContent-Length: x\r\n\r\n"])
async def test_what_is_not_http_is_answered_with_a_problem(sent):
    async with serving(hello) as port, connected(port) as (reader, writer):
        writer.write(sent)
        head, _, body = (await closed(reader)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in head
    assert b"groupchat-correlation-id: req_" in head
    assert json.loads(body)["type"] == "/problems/bad-message"


async def test_a_request_of_http_1_1_without_a_host_is_refused(store):
    async with (
        open_site(store, workers=None) as site,
        serving(create_app(site.services)) as port,
        connected(port) as (reader, writer),
    ):
        writer.write(b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert (await closed(reader)).startswith(b"HTTP/1.1 400 ")
