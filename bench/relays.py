"""The relay to a real broker, against a bare idempotent `KafkaProducer` that sends the same bytes; start-up counts for both."""

import asyncio
import importlib.util
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter
from types import ModuleType

import histories
import uvloop
from kafka import KafkaProducer
from rounds import Measure, alternate, compare
from stores import opened

from groupchat.broker import administration
from groupchat.broker.connection import Brokers
from groupchat.broker.envelope import KafkaRecord
from groupchat.processes.relay.publisher import Publisher
from groupchat.processes.relay.records import records_of
from groupchat.processes.relay.relay import Relay
from groupchat.store.event_store import EventStore
from groupchat.store.positions import statuses

OURS, BARE = "ours.", "bare."
PARTITIONS = 12
BATCH_BYTES = 256 * 1024


def measure(url: str, address: str, *, rounds: int, groups: int, messages: int) -> Measure:
    """Return the relay's rate against the bare producer's, on a database that is empty, to the broker at an address."""
    with ExitStack() as stack:
        store = stack.enter_context(opened(url))
        events = histories.fill(store.database, groups=groups, messages=messages)
        records = [record for recorded in store.log.read(0, events).events for record in records_of(recorded)]
        brokers = Brokers(bootstrap_servers=address)
        for prefix in (OURS, BARE):
            shape = {"partitions": PARTITIONS, "replication": 1, "retention_hours": -1}
            administration.make(brokers, administration.planned(prefix=prefix, **shape))
        sides = {
            "relay": partial(_relayed, store, brokers, events, len(records)),
            "bare producer": partial(_sent, brokers, records),
        }
        rates = alternate("relay", sides, rounds)
    name = "relay to Kafka / bare idempotent KafkaProducer sending the same bytes"
    return compare(name, rates["relay"], rates["bare producer"], goal=0.6, unit="records/s")


def _relayed(store: EventStore, brokers: Brokers, events: int, records: int) -> float:
    start = perf_counter()
    relay = Relay(store, Publisher(brokers, OURS), start=0)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_end(relay))
    elapsed = perf_counter() - start
    if (position := statuses(store.database)[relay.name].position) != events:
        msg = f"the relay published {position} of {events} events"
        raise RuntimeError(msg)
    return records / elapsed


async def _until_end(relay: Relay) -> None:
    await relay.run(asyncio.Event(), until_end=True)


def _sent(brokers: Brokers, records: Sequence[KafkaRecord]) -> float:
    start = perf_counter()
    producer = KafkaProducer(**brokers.arguments(), enable_idempotence=True, batch_size=BATCH_BYTES, metrics_enabled=False)
    sent = [producer.send(BARE + each.topic, each.value, key=each.key, headers=each.headers) for each in records]
    producer.flush()
    elapsed = perf_counter() - start
    producer.close()
    if not all(future.succeeded() for future in sent):
        msg = "the bare producer lost records"
        raise RuntimeError(msg)
    return len(records) / elapsed


@contextmanager
def broker() -> Iterator[str]:
    """Run the broker that the tests run; return its address."""
    kafka = _load(Path(__file__).parent.parent / "kafka" / "broker.py")
    kafka.install()
    with tempfile.TemporaryDirectory(prefix="groupchat-bench-kafka-") as folder:
        broker = kafka.Broker(Path(folder))
        broker.start()
        try:
            yield broker.address
        finally:
            broker.kill()


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("groupchat_bench_broker", path)
    if spec is None or spec.loader is None:
        msg = f"{path} can't be loaded"
        raise RuntimeError(msg)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
