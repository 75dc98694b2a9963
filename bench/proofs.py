"""Proof: what the tree over the log costs appends, and how fast a log is verified."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from time import perf_counter, sleep

import histories
import uvloop
from appends import WRITERS, decide
from rounds import Measure, alternate, compare
from service import environment_of
from stores import opened

from groupchat.proof.checkpoint import Checkpoint
from groupchat.proof.growing import NAME, Tree, grow, grow_again
from groupchat.proof.kept import tiles_in
from groupchat.proof.parts import hashing
from groupchat.proof.tiles import root_in
from groupchat.proof.verifying import verify
from groupchat.store.database import Database
from groupchat.store.event_store import EventStore
from groupchat.store.positions import status_of
from groupchat.store.rows import head
from groupchat.values.ids import new_id

PROCESSES = 2
_A_MILLION_A_MINUTE = 1_000_000 / 60


def measure(url: str, *, rounds: int, seconds: float, groups: int) -> Iterator[Measure]:
    """Return the rate of decided appends with the tree's follower against that without, and the rate of verifying."""
    kind = "SQLite" if url.startswith("sqlite") else "Postgres"
    line = f"32 concurrent appends, {kind}, each decided"
    with opened(url) as store:
        inside = Tree(store.database, store.signals)
        sides = {"ours": partial(_appended, store, seconds, inside), "other": partial(_appended, store, seconds, None)}
        rates = alternate(f"proof, {kind}, same process", sides, rounds)
        yield compare(f"{line}, the tree in the same process / none", rates["ours"], rates["other"], goal=0.95, unit="events/s")
        with _worker(store) as worker:
            sides["ours"] = partial(_appended, store, seconds, worker)
            rates = alternate(f"proof, {kind}, process beside", sides, rounds)
        yield compare(f"{line}, the tree in a process beside / none", rates["ours"], rates["other"], goal=0.95, unit="events/s")
    with opened(url) as store:
        yield _verifying(store.database, kind, rounds, groups)


@contextmanager
def _worker(store: EventStore) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a process that does nothing but grow the tree; once it has begun, it is paused."""
    url = store.database.url.render_as_string(hide_password=False)
    environment = environment_of(url) | {"GROUPCHAT_LOG_LEVEL": "error"}
    with subprocess.Popen(
        [sys.executable, "-m", "groupchat", "work", "proof"], env=environment, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _appended(store, 0.1, None)
            while _size(store.database) < store.log.head():
                sleep(0.1)
            process.send_signal(signal.SIGSTOP)
            yield process
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()


def _size(database: Database) -> int:
    with database.statement() as connection:
        return status_of(connection, NAME).position


def _appended(store: EventStore, seconds: float, by: "Tree | subprocess.Popen[bytes] | None") -> float:
    """Append for a number of seconds while the tree grows in this process, in a worker, or not at all. It is complete before."""
    grow(store.database, store.log.head())
    worker = by if isinstance(by, subprocess.Popen) else None
    if worker is not None:
        worker.send_signal(signal.SIGCONT)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_all_writers(store, seconds, by if isinstance(by, Tree) else None))
    finally:
        if worker is not None:
            worker.send_signal(signal.SIGSTOP)


async def _all_writers(store: EventStore, seconds: float, follower: Tree | None) -> float:
    stop = asyncio.Event()
    following = None if follower is None else asyncio.create_task(follower.run(stop))
    start = perf_counter()
    counts = await asyncio.gather(*(decide(store, new_id("cnv"), start + seconds) for _ in range(WRITERS)))
    elapsed = perf_counter() - start
    stop.set()
    if following is not None:
        await following
    return sum(counts) / elapsed


def _verifying(database: Database, kind: str, rounds: int, groups: int) -> Measure:
    """Return the rate of verifying all events from the first, in processes that are started for it."""
    histories.fill(database, groups=groups, messages=8)
    with database.read() as connection:
        events = head(connection)
    grow_again(database, events, lambda _done, _total: None)
    with database.read() as connection:
        checkpoint = Checkpoint("bench", events, root_in(tiles_in(connection), events))
    rates = alternate(f"verifying, {kind}", {"verifying": partial(_verified, database, checkpoint)}, rounds)["verifying"]
    name = f"verifying {events:,} events, {kind}, {PROCESSES} processes / a million in a minute"
    return compare(name, rates, [_A_MILLION_A_MINUTE] * rounds, goal=1.0, unit="events/s")


def _verified(database: Database, checkpoint: Checkpoint) -> float:
    start = perf_counter()
    with hashing(database, PROCESSES) as hashed, database.read() as connection:
        report = verify(connection, hashed, [checkpoint], lambda _done, _total: None)
    if report.faults or report.covered != checkpoint.size:
        msg = f"the events do not lead to their own checkpoint: {report}"
        raise RuntimeError(msg)
    return checkpoint.size / (perf_counter() - start)
