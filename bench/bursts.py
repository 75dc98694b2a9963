"""A burst of webhooks: texts of people that Telnyx posts, 1,000 a second, each signed, in 64 groups, over 64 connections.

Our side runs as in production (`service.py`), with the worker that follows. A post is taken when it is stored; afterwards, each
text must be in the log exactly once.
"""

import asyncio
import base64
import os
from collections.abc import Iterator
from contextlib import ExitStack
from time import time

import cpu
import histories
import msgspec
import uvloop
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from load import Result, drive
from postgres import Server
from rounds import Measure, compare, compare_less
from service import CONNECTIONS, Service
from sqlalchemy import select

from groupchat.aggregates.group_events import InboundReceived
from groupchat.store.mapper import Stored
from groupchat.store.tables import STORED_EVENTS

RATE = 1_000
P99_GOAL_MS = 1_000.0
_KEY = Ed25519PrivateKey.generate()
_PUBLIC_KEY = base64.b64encode(_KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
_SETTINGS = {
    "GROUPCHAT_CARRIER": "telnyx",
    "GROUPCHAT_PUBLIC_URL": "https://chat.example.com",
    "GROUPCHAT_TELNYX_API_KEY": "none",
    "GROUPCHAT_TELNYX_MESSAGING_PROFILE_ID": "none",
    "GROUPCHAT_TELNYX_PUBLIC_KEY": _PUBLIC_KEY,
}


def measure(server: Server, *, seconds: float) -> Iterator[Measure]:
    """Return the rate that was taken of the one that was sent, and the time until 99 of 100 posts were stored."""
    with ExitStack() as stack:
        service = Service(stack, server, _SETTINGS)
        _burst(service, 1.0)  # warms up
        before, used = _stored(service), cpu.used(service.api.pid)
        result = _burst(service, seconds)
        used, stored = cpu.used(service.api.pid) - used, _stored(service) - before
    if result.refused or stored != result.accepted:
        msg = f"{result.accepted} texts were taken, {result.refused} refused, {stored} are stored"
        raise RuntimeError(msg)
    taken = result.accepted / result.seconds
    yield compare("webhooks in a burst: taken / the goal", [taken], [RATE], goal=0.95, unit="requests/s")
    notes = {
        "p50_ms": round(result.p50_ms, 1),
        "api_cpu_us": round(used / result.accepted * 1e6),
        "client_cpu": round(result.cpu, 2),
        "cores": os.cpu_count() or 1,
    }
    yield compare_less("webhooks in a burst: p99 / the goal", [result.p99_ms], [P99_GOAL_MS], unit="ms", notes=notes)


def _burst(service: Service, seconds: float) -> Result:
    """Post for a while."""
    posts = iter([_post(service.port, n) for n in range(round(RATE * seconds) + CONNECTIONS)])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(drive(service.port, [posts] * CONNECTIONS, seconds, RATE))


def _post(port: int, n: int) -> bytes:
    """Return the request that brings a text."""
    writer, *others = histories.people(n % CONNECTIONS)
    payload = {
        "id": f"in-{n}-{time()}",
        "direction": "inbound",
        "from": {"phone_number": writer},
        "to": [{"phone_number": histories.BUSINESS}],
        "cc": [histories.BUSINESS, *others],
        "text": f"Text {n}: see you there at noon, and bring the papers",
        "media": [],
    }
    body = msgspec.json.encode({"data": {"event_type": "message.received", "payload": payload}})
    timestamp = str(int(time())).encode()
    signature = base64.b64encode(_KEY.sign(timestamp + b"|" + body)).decode()
    lines = (
        "POST /v1/carriers/telnyx/webhooks HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Content-Type: application/json",
        f"Telnyx-Timestamp: {timestamp.decode()}",
        f"Telnyx-Signature-Ed25519: {signature}",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*lines, "", "")).encode() + body


def _stored(service: Service) -> int:
    """Return how many different texts are stored; raises `RuntimeError` if one is stored twice."""
    query = select(STORED_EVENTS.c.state).where(STORED_EVENTS.c.topic == InboundReceived.TOPIC)
    with service.database.read() as connection:
        states = connection.execute(query).scalars()
        ids = [msgspec.json.decode(msgspec.json.decode(each, type=Stored).data)["carrier_message_id"] for each in states]
    if len(set(ids)) != len(ids):
        msg = f"{len(ids) - len(set(ids))} texts are stored twice"
        raise RuntimeError(msg)
    return len(ids)
