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
from groupchat.http.guards.connections import Connection
from groupchat.http.streams.streams import Stream as EventStream
from groupchat.http.streams.streams import Streams
from groupchat.http.streams.watch import StreamLimits
from groupchat.http.web.reply import Reply
from groupchat.http.web.request import Incoming
from tests.http.site import open_site
from tests.support.world import a_world

PATIENCE = 10.0
REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


@asynccontextmanager
async def serving(app: Any, idle: int = 75, **bounds: float) -> AsyncIterator[int]:
    """Serve an application as `groupchat serve` does, with other bounds of connections; give the port."""
    protocol = type("Bounded", (Connection,), bounds)
    config = uvicorn.Config(app, port=0, http=protocol, ws="none", lifespan="off", log_config=None, timeout_keep_alive=idle)
    server = uvicorn.Server(config)
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


async def pause(seconds: float) -> None:
    """Do nothing, as a slow client does."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), seconds)


async def test_a_client_that_says_nothing_is_cut_off():
    async with serving(hello, head_seconds=0.05) as port, connected(port) as (reader, _):
        assert await closed(reader) == b""


@pytest.mark.parametrize("begun", [b"\r\n", b"GET", b"GET / HTTP/1.1\r\nHost: he", REQUEST + b"GET / HTTP"])
async def test_a_head_that_does_not_end_is_cut_off(begun):
    async with serving(hello, head_seconds=0.05) as port, connected(port) as (reader, writer):
        writer.write(begun)
        answered = await closed(reader)
    assert answered.count(b"hello") == begun.count(REQUEST)


async def test_a_blank_line_after_an_answer_does_not_keep_the_connection_open():
    async with serving(hello, head_seconds=0.05) as port, connected(port) as (reader, writer):
        writer.write(REQUEST)
        await asyncio.wait_for(reader.readuntil(b"hello"), PATIENCE)
        writer.write(b"\r\n")
        assert await closed(reader) == b""


async def test_a_head_that_grows_too_large_is_refused():
    async with serving(hello) as port, connected(port) as (reader, writer):
        with contextlib.suppress(ConnectionResetError):
            writer.write(b"GET / HTTP/1.1\r\n")
            while not reader.at_eof() and reader.exception() is None:
                writer.write(b"X-Filler: " + b"x" * 4_000 + b"\r\n")
                await writer.drain()
                await asyncio.sleep(0)
        assert b"hello" not in await closed(reader)


@pytest.mark.parametrize(("size", "status"), [(1_100, b"400"), (900, b"200")])
@pytest.mark.parametrize("head", [b"GET /%b HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nX-Filler: %b\r\n\r\n"])
async def test_a_head_is_as_large_as_it_may_be_even_when_it_comes_at_once(head, size, status):
    async with serving(hello, max_head_bytes=1_000) as port, connected(port) as (reader, writer):
        writer.write(head % (b"x" * size))
        assert (await asyncio.wait_for(reader.readline(), PATIENCE)).startswith(b"HTTP/1.1 " + status)


async def test_requests_that_come_at_once_are_each_as_large_as_they_may_be():
    async with serving(hello, max_head_bytes=100) as port, connected(port) as (reader, writer):
        writer.write(REQUEST * 10 + REQUEST[:10])
        for _ in range(10):
            await asyncio.wait_for(reader.readuntil(b"hello"), PATIENCE)


UNREAD = (
    b"GET / HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n",
)


async def trickle(writer: asyncio.StreamWriter) -> None:
    """Send a byte of a body now and then, until the connection is closed."""
    while not writer.is_closing():
        writer.write(b"x")
        await pause(0.02)


@pytest.mark.parametrize("request_", UNREAD)
async def test_a_body_that_nobody_reads_and_that_trickles_is_cut_off_after_the_answer(request_):
    async with serving(hello, rest_seconds=0.2) as port, connected(port) as (reader, writer):
        writer.write(request_)
        trickling = asyncio.create_task(trickle(writer))
        assert (await closed(reader)).endswith(b"hello")
    await trickling


@pytest.mark.parametrize("request_", UNREAD)
async def test_a_body_that_trickles_is_cut_off_while_the_application_does_not_answer(request_):
    async def silent(scope, receive, send):
        while (await receive())["type"] != "http.disconnect":
            pass

    async with serving(silent, body_seconds=0.2) as port, connected(port) as (reader, writer):
        writer.write(request_)
        trickling = asyncio.create_task(trickle(writer))
        assert await closed(reader) == b""
    await trickling


async def test_a_connection_stays_open_when_the_rest_of_a_body_comes_soon_and_may_then_be_idle():
    async with serving(hello, idle=1) as port, connected(port) as (reader, writer):
        for _ in range(2):
            writer.write(UNREAD[0])
            await asyncio.wait_for(reader.readuntil(b"hello"), PATIENCE)
            writer.write(b"x" * 1_000)
        writer.write(REQUEST)
        await asyncio.wait_for(reader.readuntil(b"hello"), PATIENCE)
        assert await closed(reader) == b""


async def test_a_connection_that_is_idle_after_the_rest_of_a_body_is_closed():
    async with serving(hello, idle=1, rest_seconds=60.0) as port, connected(port) as (reader, writer):
        writer.write(UNREAD[0])
        await asyncio.wait_for(reader.readuntil(b"hello"), PATIENCE)
        writer.write(b"x" * 1_000)
        assert await closed(reader) == b""


@asynccontextmanager
async def deaf(port: int, buffer: int = 4_096) -> AsyncIterator[socket.socket]:
    """Connect, ask, and take nothing."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        client.settimeout(0)
        await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", port))
        client.send(REQUEST)
        yield client


@pytest.mark.parametrize("mebibytes", [3, 30])
async def test_an_answer_that_nobody_takes_is_cut_off_and_does_not_pile_up(mebibytes):
    lost, waiting = asyncio.Event(), []

    def connection_lost(self, exc):
        Connection.connection_lost(self, exc)
        lost.set()

    async def app(scope, receive, send):
        async def measured(message):
            await send(message)
            waiting.append(scope["transport"].get_write_buffer_size())

        await Reply(200, b"x" * mebibytes * 1_048_576, b"text/plain").send(measured, "req_1")

    def on_headers_complete(self):
        self.scope["transport"] = self.transport
        Connection.on_headers_complete(self)

    bounds = {"connection_lost": connection_lost, "on_headers_complete": on_headers_complete, "stall_seconds": 0.2}
    async with serving(app, **bounds) as port, deaf(port):
        await asyncio.wait_for(lost.wait(), PATIENCE)
    assert max(waiting) < 4 * 65_536


async def test_a_slow_client_gets_its_whole_response():
    async def app(scope, receive, send):
        await Reply(200, b"x" * 16_777_216, b"text/plain").send(send, "req_1")

    async with serving(app, stall_seconds=0.4) as port, deaf(port, buffer=262_144) as client:
        for _ in range(8):
            await pause(0.15)
            taken = 0
            while taken < 2_097_152:
                piece = await asyncio.get_running_loop().sock_recv(client, 65_536)
                assert piece
                taken += len(piece)


async def test_requests_on_one_connection_have_each_their_time():
    async with serving(hello, head_seconds=0.2) as port, connected(port) as (reader, writer):
        for _ in range(3):
            writer.write(REQUEST)
            assert b"hello" in await asyncio.wait_for(reader.readuntil(b"hello"), PATIENCE)
            await pause(0.1)
        writer.write(REQUEST[:10])
        writer.write(REQUEST[10:])
        assert await asyncio.wait_for(reader.readuntil(b"hello"), PATIENCE)


async def test_a_stream_that_nobody_reads_is_closed_and_costs_no_more_than_buffers(store):
    streams, made = Streams(store, StreamLimits(stall=0.2)), 0

    async def frames():
        nonlocal made
        while True:
            made += 1
            yield b": " + b"x" * 1_000_000 + b"\n\n"

    ended = asyncio.Event()

    who = (await a_world(store)).who

    async def app(scope, receive, send):
        streams.admit(who)
        incoming = Incoming(scope, receive, {}, "req_1")
        await EventStream(200, streams=streams, who=who, incoming=incoming, frames=frames).send(send, "req_1")
        ended.set()

    async with serving(app) as port, deaf(port):
        await asyncio.wait_for(ended.wait(), PATIENCE)
        assert streams.open == 0
        assert made < 50  # what the kernel's buffers take, and no more


async def test_beyond_the_maximum_the_connection_that_is_idle_longest_is_closed():
    async with serving(hello, max_connections=2) as port, connected(port) as first, connected(port) as second:
        for reader, writer in (first, second):
            writer.write(REQUEST)
            assert await asyncio.wait_for(reader.readuntil(b"hello"), PATIENCE)
        async with connected(port) as (reader, writer):
            writer.write(REQUEST)
            assert await asyncio.wait_for(reader.readuntil(b"hello"), PATIENCE)
            with contextlib.suppress(ConnectionResetError):
                assert await asyncio.wait_for(first[0].read(), PATIENCE) == b""
        second[1].write(REQUEST)
        assert await asyncio.wait_for(second[0].readuntil(b"hello"), PATIENCE)


async def test_if_no_connection_is_idle_another_one_is_refused_with_a_problem():
    async with serving(hello, max_connections=1) as port, connected(port) as (_, busy):
        busy.write(REQUEST[:5])
        async with connected(port) as (reader, _):
            answer = await asyncio.wait_for(reader.read(), PATIENCE)

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"\r\nretry-after: " in head
    assert json.loads(body)["type"] == "/problems/unavailable"


async def test_an_offer_of_another_protocol_logs_no_warning(caplog):
    async with serving(hello) as port, connected(port) as (reader, writer):
        writer.write(REQUEST[:-2] + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
        assert await asyncio.wait_for(reader.readuntil(b"hello"), PATIENCE)

    assert not caplog.records


@pytest.mark.parametrize("sent", [b"hello\r\n\r\n", b"GET / HTTP/1.1\r\nHost: here\r\nContent-Length: x\r\n\r\n"])
async def test_bytes_that_are_not_http_get_a_problem(sent):
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
