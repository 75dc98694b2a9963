"""Relays that are killed, paused and doubled at random moments, and brokers that are killed: consumers still read everything.

Each trial stores events and lets relays publish them, in processes that are forked for it, until something befalls them: a relay is
killed; two relays run at once; one is paused, a second takes over, and the first wakes up; the broker is killed and started again.
The second relay has a lease of its own, as if the first had lost its lease unawares: only Kafka keeps them apart.

`python -m tests.races.relay_trials URL [TRIALS]`, on an empty database of your own, starts a broker of its own and prints what
became of it; it exits with 1 if anything was lost or out of order, or is read twice. `make chaos` runs 200 trials.
"""

import asyncio
import os
import random
import select
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Struct

from groupchat.aggregates.group_events import Created, MessageSent
from groupchat.processes.relay.progress import RelayProgress
from groupchat.processes.relay.publisher import Publisher
from groupchat.processes.relay.relay import Relay
from groupchat.store.database import Database
from groupchat.store.schema import migrate
from tests.golden.examples import EXAMPLES
from tests.processes.relay.reading import Read, a_relay, brokers_at, disorder, ids_of, make_topics, read, relayed
from tests.projections.histories import log_of, store_log
from tests.store.following import log_to_stderr, opened
from tests.support.kafka import a_broker

PREFIX = "trials."
CONVERSATIONS = 7
EVENTS = 400
"""The maximum number of events that each trial stores."""
LONGEST_LIFE = 1.0
PATIENCE = 5.0
"""Seconds, counted from when the relay has fenced the ones before."""
BATCH = 150
"""The most events in a transaction: few, so that a process commits several before it is killed."""
BROKER_EVERY = 8
"""Of so many trials one kills the broker."""

Broker = Any


class Counted(Struct, frozen=True):
    """The results of the trials; all fields from `lost` on should be 0."""

    trials: int
    killed: int
    doubled: int
    paused: int
    broker_killed: int
    events: int
    records: int
    published_in_trials: int
    lost: int
    out_of_order: int
    unknown: int
    read_twice: int
    missed_without_duplicates: int


def run(url: str, trials: int, broker: Broker) -> Counted:
    """Carry out the trials, let a relay publish the rest, and examine what consumers read."""
    database = Database(url)
    migrate(database)
    database.close()
    make_topics(broker.address, PREFIX)
    kinds: Counter[str] = Counter()
    stored = 0
    for trial in range(trials):
        stored += _store(url, stored)
        befalls = _killed_broker if trial % BROKER_EVERY == BROKER_EVERY - 1 else (_killed, _doubled, _paused)[trial % 3]
        befalls(url, broker)
        kinds[befalls.__name__] += 1
    published = len(read(broker.address, PREFIX))
    return asyncio.run(_look(url, broker.address, kinds, published))


def _store(url: str, stored: int) -> int:
    """Store some events behind those that are stored; return how many."""
    message = next(event for event in EXAMPLES.values() if isinstance(event, MessageSent))
    created = next(event for event in EXAMPLES.values() if isinstance(event, Created))
    count = random.randint(1, EVENTS)
    story = [(f"cnv_{n % CONVERSATIONS}", created if n < CONVERSATIONS else message) for n in range(stored + count)]
    database = Database(url)
    store_log(database, log_of(story)[stored:])
    database.close()
    return count


# --- what befalls relays


def _killed(url: str, broker: Broker) -> None:
    child = _fork(url, broker.address, "relay")
    _live()
    _kill(child)


def _doubled(url: str, broker: Broker) -> None:
    children = [_fork(url, broker.address, name) for name in ("relay", "copy")]
    for child in random.sample(children, 2):
        _live()
        _kill(child)


def _paused(url: str, broker: Broker) -> None:
    first = _fork(url, broker.address, "relay")
    _live()
    os.kill(first, signal.SIGSTOP)
    second = _fork(url, broker.address, "copy", patience=PATIENCE)
    _live()
    os.kill(first, signal.SIGCONT)
    _live()
    _kill(first)
    _kill(second)


def _killed_broker(url: str, broker: Broker) -> None:
    child = _fork(url, broker.address, "relay")
    _live()
    broker.kill()
    broker.start()
    _live()
    _kill(child)


def _live() -> None:
    time.sleep(random.random() * LONGEST_LIFE)


def _kill(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _fork(url: str, address: str, name: str, patience: float | None = None) -> int:
    """Begin a relay in a process of its own, and wait until it has fenced the ones before.

    With `patience` (in seconds), wait no longer than that: a relay that was paused while it wrote to SQLite holds the others up.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _ended(lambda: asyncio.run(_relay(url, Telling(address, writing), name)))
    os.close(writing)
    with os.fdopen(reading) as pipe:
        if select.select([pipe], [], [], patience)[0]:
            pipe.read(1)
    return child


def _ended(work: Callable[[], None]) -> None:
    """Do it in a forked process, and end that in any case: the trials continue in the other one."""
    try:
        work()
    finally:
        os._exit(1)


async def _relay(url: str, publisher: Publisher, name: str) -> None:
    async with opened(url) as store:
        await Relay(store, publisher, name=name, batch=BATCH).run(asyncio.Event())


class Telling(Publisher):
    """A publisher that writes a letter to a pipe whenever it has fenced the ones before."""

    def __init__(self, address: str, pipe: int) -> None:
        super().__init__(brokers_at(address), PREFIX)
        self._pipe = pipe

    def open(self) -> RelayProgress | None:
        progress = super().open()
        with suppress(BrokenPipeError):  # only the first time is waited for
            os.write(self._pipe, b"o")
        return progress


# --- what is read


async def _look(url: str, address: str, kinds: Counter[str], published: int) -> Counted:
    async with opened(url) as store:
        await relayed(a_relay(store, address, PREFIX))
        log = store.log.read(0, 10_000_000).events
    expected, records = Counter(ids_of(log)), read(address, PREFIX)
    found = Counter(record.id for record in records)
    return Counted(
        trials=kinds.total(),
        killed=kinds["_killed"],
        doubled=kinds["_doubled"],
        paused=kinds["_paused"],
        broker_killed=kinds["_killed_broker"],
        events=len(log),
        records=len(records),
        published_in_trials=published,
        lost=len(expected.keys() - found.keys()),
        out_of_order=disorder(records),
        unknown=len(found.keys() - expected.keys()),
        read_twice=len(records) - len(found),
        missed_without_duplicates=len(expected.keys() - _kept(records)),
    )


def _kept(records: Sequence[Read]) -> set[str]:
    """Return the records of a reader that drops each one that is not after the last that it saw of the stream."""
    last: dict[tuple[str, str], tuple[int, int]] = {}
    kept = set()
    for record in records:
        key = (record.topic, record.headers["ce_stream"])
        place = (int(record.headers["ce_version"]), int(record.headers.get("ce_entry", 0)))
        if place > last.get(key, (0, 0)):
            last[key] = place
            kept.add(record.id)
    return kept


def main() -> None:
    """Carry out the trials of the command line, and print the count as JSON."""
    with a_broker() as broker:
        counted = run(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200, broker)
    print(msgspec.json.encode(counted).decode())  # noqa: T201 - what it is run for
    if counted.lost or counted.out_of_order or counted.unknown or counted.read_twice or counted.missed_without_duplicates:
        sys.exit(1)


if __name__ == "__main__":
    log_to_stderr()
    main()
