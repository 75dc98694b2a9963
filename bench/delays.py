"""Kafka: from the `POST` of a message until a consumer of its topic has read it, while other messages are written.

The API, and the worker with the relay, are processes of their own, as in `end_to_end.py`, and so is the consumer, which reads only
committed records.
"""

import subprocess
import sys
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from time import perf_counter, sleep

import msgspec
from postgres import Server
from rounds import Measure, compare_delays
from service import Service

from groupchat.broker import administration
from groupchat.broker.connection import Brokers

GOAL_MS = 100.0
RATE = 150
"""Other messages per second: half of what is carried through (docs/benchmarks.md)."""
_PAUSE = 0.05
_PARTITIONS = 12
_PATIENCE_SECONDS = 30
_WARM_UP_SECONDS = 3.0


class _Reader:
    """The consumer's process."""

    def __init__(self, address: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("consumer.py")), address], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def moments(self, positions: Collection[int]) -> list[float]:
        """Return when it had read the events at these positions. It ends then."""
        output, _ = self.process.communicate(msgspec.json.encode(list(positions)), _PATIENCE_SECONDS)
        return msgspec.json.decode(output, type=list[float])

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()


def measure(server: Server, address: str, *, seconds: float) -> Measure:
    """Return the delay (p99) on a database that is empty."""
    brokers = Brokers(bootstrap_servers=address)
    administration.make(brokers, administration.planned(prefix="", partitions=_PARTITIONS, replication=1, retention_hours=-1))
    with ExitStack() as stack:
        service = Service(stack, server, {"GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS": address})
        reader = _Reader(address)
        stack.callback(reader.close)
        service.post_beside(_WARM_UP_SECONDS, RATE)
        service.reconnect()
        took = _delays(service, reader, seconds)
    name = "end to end: p99 of POST to readable on Kafka / the goal"
    return compare_delays(name, took, goal=GOAL_MS, other_messages_per_second=RATE)


def _delays(service: Service, reader: _Reader, seconds: float) -> list[float]:
    """Write now and then; return the milliseconds until each message was read."""
    begun: dict[int, float] = {}
    others = Thread(target=service.post_beside, args=(seconds, RATE))
    others.start()
    while others.is_alive():
        now = perf_counter()
        begun[service.write()] = now
        sleep(_PAUSE)
    return [(moment - at) * 1_000 for moment, at in zip(reader.moments(begun), begun.values(), strict=True)]
