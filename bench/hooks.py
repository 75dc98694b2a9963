"""Webhooks: what one worker sends to quick receivers, and how soon, while ten of a thousand receivers hang.

The worker is a process of its own (`groupchat work webhooks`). The receivers are one server in the measuring process, which also
writes the events. So each of two cores has one of the two processes.
"""

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from time import perf_counter, time

import cpu
import histories
import uvloop
from rounds import Measure, compare, compare_delays
from service import environment_of, started
from stores import opened

from groupchat.commands import keys, webhooks, workspaces
from groupchat.commands.caller import Caller
from groupchat.commands.webhooks import NewWebhook
from groupchat.store.append import Append
from groupchat.store.event_store import EventStore
from groupchat.store.mapper import EventMapper
from groupchat.store.recorder import Recorder
from groupchat.values.clock import utc_now
from groupchat.values.ids import new_id
from groupchat.webhooks.secret_keys import SecretKeys

RATE_GOAL = 1_000
DELAY_GOAL_MS = 500.0
WORKSPACES, WEBHOOKS, HANGING = 10, 100, 10
_KEY = b64encode(bytes(32)).decode()
_TYPES = ("groupchat.conversation.message_sent",)
_HANG = b"/hang"
_RESPONSE = b"HTTP/1.1 204 No Content\r\n\r\n"
_TICK = 0.02
_PATIENCE_SECONDS = 150


class Receivers(asyncio.Protocol):
    """A connection to the receivers. `arrived` has the time and the body of every message, of all connections."""

    arrived: list[tuple[float, bytes]] = []  # noqa: RUF012 - all connections share it

    def __init__(self) -> None:
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Respond to each complete request."""
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = self._data[:end]
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            if len(self._data) < end + 4 + length:
                return
            body, self._data = self._data[end + 4 : end + 4 + length], self._data[end + 4 + length :]
            if not head.startswith(b"POST " + _HANG):
                self.arrived.append((time(), body))
                self._transport.write(_RESPONSE)  # type: ignore[attr-defined] # it is one


class Log:
    """Workspaces with webhooks, and a way to append messages to each."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._recorder, self._mapper = Recorder(store.database), EventMapper()
        self._workspaces: list[str] = []

    async def found(self, url: str, webhooks_of_each: int, hanging: int) -> None:
        """Found workspaces with webhooks, of which so many in all hang."""
        secrets = SecretKeys.read(_KEY)
        left = hanging
        for _ in range(WORKSPACES):
            founding = self._store.run(keys.by_operator(new_id("wsp")), workspaces.create_workspace, "Bench", "ann@example.com")
            founded = (await founding).value
            known = await keys.authenticate(self._store, founded.api_key)
            if known is None:
                raise RuntimeError(founded)
            who = Caller(known.workspace_id, known.user, "req_bench")
            self._workspaces.append(who.workspace_id)
            for n in range(webhooks_of_each):
                path = _HANG.decode() if n == 0 and left else "/"
                left -= path != "/"
                new = NewWebhook(url=f"{url}{path}", types=_TYPES, description=None)
                await self._store.run(who.cause(), webhooks.add_webhook, who, secrets, new)

    def append(self, messages: int, workspace: int | None = None) -> None:
        """Append messages, each to a conversation of its own, to the workspaces in turn, or to one."""
        made = []
        for n in range(messages):
            cause = histories.cause(self._workspaces[n % WORKSPACES if workspace is None else workspace])
            made.append(self._mapper.store(histories.message_sent(), new_id("cnv"), 1, utc_now(), cause))
        append = Append(events=made, expected={})
        self._recorder.append([append])
        histories.stored(append)


def measure(url: str, *, seconds: float) -> Iterator[Measure]:
    """Return the rate of deliveries, and the delay at half of the goal's rate, on a database that is empty."""
    environment = environment_of(url) | {
        "GROUPCHAT_LOG_LEVEL": "error",
        "GROUPCHAT_WEBHOOK_KEY": _KEY,
        "GROUPCHAT_WEBHOOK_NETWORKS": "127.0.0.0/8",
    }
    with opened(url) as store, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        rate, worked = runner.run(_rate(Log(store), environment, int(seconds * RATE_GOAL)))
        delays = runner.run(_delays(Log(store), environment, seconds))
    name = "webhooks: messages to ten quick receivers / the goal"
    notes = {"worker_cpu_ms": round(worked * 1_000, 3)}
    yield compare(name, [rate], [RATE_GOAL], goal=1.0, unit="messages/s", notes=notes)
    name = "webhooks: p99 from commit to receiver, 500 messages/s to 1,000 of which ten hang / the goal"
    yield compare_delays(name, (each * 1_000 for each in delays), goal=DELAY_GOAL_MS)


async def _rate(log: Log, environment: dict[str, str], messages: int) -> tuple[float, float]:
    """Return the rate at which a worker sends to one webhook in each workspace, and its processor time for a message."""
    server = await _serving()
    await log.found(_url(server), 1, 0)
    with started(("-m", "groupchat", "work", "webhooks"), environment, r"Working") as (worker, _):
        await asyncio.to_thread(log.append, WORKSPACES)
        await _until(WORKSPACES)  # every webhook has its connections
        Receivers.arrived.clear()
        begun, before = perf_counter(), cpu.used(worker.pid)
        for start in range(0, messages, 500):
            await asyncio.to_thread(log.append, min(500, messages - start))
        await _until(messages)
        elapsed, worked = perf_counter() - begun, cpu.used(worker.pid) - before
    server.close()
    return messages / elapsed, worked / messages


async def _delays(log: Log, environment: dict[str, str], seconds: float) -> list[float]:
    """Return the time of each message from its commit to its receiver, at half of the goal's rate."""
    server = await _serving()
    await log.found(_url(server), WEBHOOKS, HANGING)
    with started(("-m", "groupchat", "work", "webhooks"), environment, r"Working"):
        for workspace in range(WORKSPACES):
            await asyncio.to_thread(log.append, 1, workspace)
        await _until(WORKSPACES * WEBHOOKS - HANGING)
        Receivers.arrived.clear()
        pause = WEBHOOKS / (RATE_GOAL / 2)
        events = int(seconds / pause)
        begun = perf_counter()
        for n in range(events):
            await asyncio.sleep(max(0, begun + n * pause - perf_counter()))
            await asyncio.to_thread(log.append, 1, n % WORKSPACES)
        await _until(events * (WEBHOOKS - HANGING // WORKSPACES))
    server.close()
    return [at - _stored_at(body) for at, body in Receivers.arrived]


async def _serving() -> asyncio.Server:
    Receivers.arrived.clear()
    return await asyncio.get_running_loop().create_server(Receivers, "127.0.0.1", 0)


def _url(server: asyncio.Server) -> str:
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _until(messages: int) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while len(Receivers.arrived) < messages:  # noqa: ASYNC110 - cheaper than an event for each message
            await asyncio.sleep(_TICK)


def _stored_at(body: bytes) -> float:
    return datetime.fromisoformat(body.partition(b'"timestamp":"')[2].partition(b'"')[0].decode()).timestamp()
