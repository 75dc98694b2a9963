"""Processes that share partitions and are killed at any moment: the views end equal to the log (R33).

Each trial lets four processes follow a topic of its own, while a log is published in pieces: some of them twice, some in
transactions that are aborted first. Some processes are killed with -9 in between, and others started in their place. In the end
every row is compared with those of a rebuild from the log. `python -m tests.races.partition_trials URL BROKERS [TRIALS]`, on an
empty Postgres database of your own, migrates it and prints what became of it.
"""

import asyncio
import os
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from subprocess import PIPE
from typing import Self
from uuid import uuid4

import msgspec
from msgspec import Struct

from groupchat.projections import CONVERSATION_VIEWS
from groupchat.projections.rebuild import rebuild
from groupchat.store.database import Database
from groupchat.store.event_store import EventStore
from groupchat.store.progress import Progress
from groupchat.store.schema import migrate
from groupchat.values.event import Recorded
from tests.processes.partitions.publishing import Publisher, make_topic
from tests.projections.histories import forget_everything, log_of, opted_out, received, sent, started, store_log, tables_of, updated
from tests.support.builders import a_group, number
from tests.support.forked import Forked
from tests.support.stores import store_on

WORKERS = 4
PARTITIONS = 8
GROUPS, MESSAGES = 40, 8
PIECE = 100
PATIENCE = 60.0


class Counted(Struct, frozen=True):
    """The results of the trials; `behind` and `different` count trials whose views did not end correctly, and should be 0."""

    trials: int
    events: int
    killed: int
    behind: int
    different: int


def run(url: str, brokers: str, trials: int, workers: int = WORKERS) -> Counted:
    """Carry out the trials, each with so many processes at a time, of which all but one are killed."""
    with closing(Database(url)) as database, store_on(database) as store:
        migrate(database)
        outcomes = [asyncio.run(_trial(store, url, brokers, workers)) for _ in range(trials)]
    events, killed, behind, different = map(sum, zip(*outcomes, strict=True))
    return Counted(trials, events, killed, behind, different)


async def _trial(store: EventStore, url: str, brokers: str, workers: int) -> tuple[int, int, bool, bool]:
    prefix = f"trial{uuid4().hex[:8]}."
    topic = make_topic(brokers, prefix, PARTITIONS)
    forget_everything(store.database)
    log = a_log()
    store_log(store.database, log)
    with sharing(url, brokers, prefix) as (first,), Deadly(url, brokers, prefix) as others:
        others.start(workers - 1)
        await asyncio.to_thread(first.wait_until_it_works)
        publisher = Publisher(brokers, topic)
        starts = range(0, len(log), PIECE)
        deaths = random.sample(starts, workers - 1)
        for start in starts:
            await asyncio.to_thread(_publish, publisher, log, start, store.database)
            if start in deaths:
                others.kill_one()
        publisher.close()
        names = [view.name for view in CONVERSATION_VIEWS]
        there = await Progress(store.database, store.signals).wait_for(names, len(log), PATIENCE)
    shared = _tables(store.database)
    await rebuild(store, CONVERSATION_VIEWS, lambda done, total: None)
    return len(log), others.killed, not there, shared != _tables(store.database)


def _publish(publisher: Publisher, log: Sequence[Recorded], start: int, database: Database) -> None:
    """Publish a piece, perhaps after an attempt that was aborted, perhaps with events that were published before."""
    piece = log[start : start + PIECE]
    if random.random() < 0.3:
        publisher.abort(piece)
    if random.random() < 0.3:
        publisher.publish(log[random.randint(0, start) : start])
    publisher.publish(piece, database)


def a_log() -> list[Recorded]:
    """Return a log of groups that all write at the same time."""
    story = [(f"cnv_{group}", a_group()) for group in range(GROUPS)]
    for nth in range(MESSAGES):
        for group in range(GROUPS):
            conversation, message = f"cnv_{group}", f"msg_{group}_{nth}"
            story += [
                (conversation, sent(message)),
                (f"delivery-{message}", started(message, number(1), number(2), conversation_id=conversation)),
                (conversation, received(f"{message}_reply")),
                (f"delivery-{message}", updated(message, (number(1), number(2)), "delivered", conversation)),
            ]
    return log_of([*story, *((f"cnv_{group}", opted_out(1)) for group in range(0, GROUPS, 3))])


def _tables(database: Database) -> dict[str, object]:
    return {view.name: tables_of(database, view) for view in CONVERSATION_VIEWS}


# --- processes


class Sharer:
    """A process that shares the partitions: `groupchat work projections --source kafka`."""

    def __init__(self, url: str, brokers: str, prefix: str) -> None:
        environment = os.environ | {
            "GROUPCHAT_DATABASE_URL": url,
            "GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS": brokers,
            "GROUPCHAT_KAFKA_TOPIC_PREFIX": prefix,
        }
        self.process = Forked("groupchat", "work", "projections", "--source", "kafka", env=environment, stderr=PIPE)

    def wait_until_it_works(self) -> None:
        """Wait for the line that it prints when its workers run."""
        assert self.process.stderr is not None
        lines = iter(self.process.stderr.readline, "")
        assert any(line.startswith("Working: projections.") for line in lines)

    def kill(self) -> None:
        """End it with -9, and read no more of what it says."""
        with self.process:
            self.process.kill()


@contextmanager
def sharing(url: str, brokers: str, prefix: str, count: int = 1) -> Iterator[list[Sharer]]:
    """Run such processes, and kill them at the end."""
    sharers = [Sharer(url, brokers, prefix) for _ in range(count)]
    try:
        yield sharers
    finally:
        for sharer in sharers:
            sharer.kill()


class Deadly:
    """Processes of which one may be killed at any time; another is started in its place."""

    def __init__(self, *of: str) -> None:
        self._of = of
        self._alive: list[Sharer] = []
        self.killed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for sharer in self._alive:
            sharer.kill()

    def start(self, count: int) -> None:
        self._alive += [Sharer(*self._of) for _ in range(count)]

    def kill_one(self) -> None:
        """Kill the oldest process, and start another in its place."""
        self._alive.pop(0).kill()
        self.killed += 1
        self.start(1)


if __name__ == "__main__":
    counted = run(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 10)
    print(msgspec.json.encode(counted).decode())  # noqa: T201 - the result
