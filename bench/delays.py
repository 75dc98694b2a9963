"""Kafka: from the `POST` of a message until a consumer of its topic has read it, while other messages are written.

The API, and the worker with the relay, are processes of their own, as in `end_to_end.py`. The consumer reads only committed
records.
"""

from contextlib import ExitStack
from threading import Event, Thread
from time import monotonic, perf_counter, sleep

from kafka import KafkaConsumer
from postgres import Server
from rounds import Measure, compare_less
from service import Service

from groupchat.broker import administration, topics
from groupchat.broker.connection import Brokers

GOAL_MS = 100.0
RATE = 150
"""Other messages per second: half of what is carried through (docs/benchmarks.md)."""
_PAUSE = 0.05
_PARTITIONS = 12
_PATIENCE_SECONDS = 30
_WARM_UP_SECONDS = 3.0


class _Reader(Thread):
    """A consumer: the moment at which it read each event, by the event's position."""

    def __init__(self, brokers: Brokers) -> None:
        super().__init__(daemon=True)
        self.read: dict[int, float] = {}
        self.stop = Event()
        self._consumer = KafkaConsumer(
            topics.CONVERSATIONS, **brokers.arguments(), isolation_level="read_committed", auto_offset_reset="earliest"
        )

    def run(self) -> None:
        """Read until `stop` is set."""
        while not self.stop.is_set():
            for records in self._consumer.poll(timeout_ms=100).values():
                now = perf_counter()
                for record in records:
                    self.read.setdefault(int(dict(record.headers)["ce_position"]), now)
        self._consumer.close()


def measure(server: Server, address: str, *, seconds: float) -> Measure:
    """Return the delay (p99) on a database that is empty."""
    brokers = Brokers(bootstrap_servers=address)
    administration.make(brokers, administration.planned(prefix="", partitions=_PARTITIONS, replication=1, retention_hours=-1))
    with ExitStack() as stack:
        service = Service(stack, server, {"GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS": address})
        reader = _Reader(brokers)
        reader.start()
        try:
            service.post_beside(_WARM_UP_SECONDS, RATE)
            service.reconnect()
            took = sorted(_delays(service, reader, seconds))
        finally:
            reader.stop.set()
            reader.join()
    p50, p99 = (round(took[len(took) * share // 100], 1) for share in (50, 99))
    notes = {"p50_ms": p50, "samples": len(took), "other_messages_per_second": RATE}
    return compare_less("end to end: p99 of POST to readable on Kafka / the goal", [p99], [GOAL_MS], unit="ms", notes=notes)


def _delays(service: Service, reader: _Reader, seconds: float) -> list[float]:
    """Write now and then; return the milliseconds until each message was read."""
    begun: dict[int, float] = {}
    others = Thread(target=service.post_beside, args=(seconds, RATE))
    others.start()
    while others.is_alive():
        now = perf_counter()
        begun[service.write()] = now
        sleep(_PAUSE)
    late = monotonic() + _PATIENCE_SECONDS
    while missing := begun.keys() - reader.read.keys():
        if monotonic() > late:
            msg = f"{len(missing)} of {len(begun)} messages never came to the consumer"
            raise RuntimeError(msg)
        sleep(_PAUSE)
    return [(reader.read[position] - at) * 1_000 for position, at in begun.items()]
