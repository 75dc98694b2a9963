"""A load generator in a process of its own: keep-alive connections over raw sockets, each with one request at a time.

Takes one argument, `Load` as JSON; prints `Result` as JSON. It starts no request after its time is over, and ends when the last
answer is there.
"""

import asyncio
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import repeat
from time import perf_counter, process_time
from typing import cast

import msgspec
import uvloop

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_PATIENCE = 30.0


class Load(msgspec.Struct, kw_only=True):
    """What to send where: each connection posts `body` to its own path, or sends it by another `method`.

    With `rate`, so many requests are sent a second, evenly over the connections and time; without it, as fast as they are answered.
    """

    port: int
    paths: list[str]
    key: str
    body: str = ""
    seconds: float
    rate: float | None = None
    method: str = "POST"


class Result(msgspec.Struct, kw_only=True):
    """The results; `cpu` is the share of one core that this client used."""

    accepted: int
    refused: int
    seconds: float
    cpu: float
    p50_ms: float
    p99_ms: float


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], first: float, pause: float, until: float, done: asyncio.Future[None]) -> None:
        self._requests, self._next, self._pause, self._until, self._done = requests, first, pause, until, done
        self._received = b""
        self._sent_at = 0.0
        self.latencies: list[float] = []
        self.refused = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is not registered as one
        self._send_in_time()

    def data_received(self, data: bytes) -> None:
        received = self._received = self._received + data
        head = received.find(b"\r\n\r\n")
        length = _LENGTH.search(received, 0, head) if head >= 0 else None
        if head < 0 or len(received) < head + 4 + (int(length[1]) if length else 0):  # a 204 has no length
            return
        now = perf_counter()
        self.latencies.append(now - self._sent_at)
        self.refused += received[9:11] != b"20"
        self._received = b""
        self._send_in_time()

    def _send_in_time(self) -> None:
        """Send the next request when it is due, or immediately if it is late."""
        wait = self._next - perf_counter()
        self._next += self._pause
        if perf_counter() + max(wait, 0) >= self._until:
            self._transport.close()
        elif wait > 0:
            asyncio.get_running_loop().call_later(wait, self._send)
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the interface
        if not self._done.done():
            self._done.set_result(None)

    def _send(self) -> None:
        self._sent_at = perf_counter()
        self._transport.write(next(self._requests))


def _request(load: Load, path: str) -> bytes:
    lines = (
        f"{load.method} {path} HTTP/1.1",
        f"Host: 127.0.0.1:{load.port}",
        f"Authorization: Bearer {load.key}",
        "Content-Type: application/json",
        f"Content-Length: {len(load.body.encode())}",
    )
    return "\r\n".join((*lines, "", load.body)).encode()


async def _connect(made: _Connection, port: int) -> None:
    await asyncio.get_running_loop().create_connection(lambda: made, "127.0.0.1", port)


async def drive(port: int, lanes: Sequence[Iterator[bytes]], seconds: float, rate: float | None) -> Result:
    """Send what each lane has next over a connection of its own, one request at a time; `rate` as in `Load`."""
    loop = asyncio.get_running_loop()
    start, busy = perf_counter(), process_time()
    until = start + seconds
    connections, ends = [], []
    pause = len(lanes) / rate if rate else 0.0
    for n, requests in enumerate(lanes):
        ends.append(loop.create_future())
        made = _Connection(requests, start + pause * n / len(lanes), pause, until, ends[-1])
        await _connect(made, port)
        connections.append(made)
    await asyncio.wait_for(asyncio.gather(*ends), seconds + _PATIENCE)
    elapsed = perf_counter() - start
    latencies = sorted(latency for connection in connections for latency in connection.latencies)
    refused = sum(connection.refused for connection in connections)
    return Result(
        accepted=len(latencies) - refused,
        refused=refused,
        seconds=elapsed,
        cpu=(process_time() - busy) / elapsed,
        p50_ms=latencies[len(latencies) // 2] * 1_000,
        p99_ms=latencies[len(latencies) * 99 // 100] * 1_000,
    )


async def _run(load: Load) -> Result:
    return await drive(load.port, [repeat(_request(load, path)) for path in load.paths], load.seconds, load.rate)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        answer = runner.run(_run(msgspec.json.decode(sys.argv[1], type=Load)))
    sys.stdout.write(msgspec.json.encode(answer).decode())
