"""Following the log in one process, against following Kafka in 1, 2 and 4: events a second, all four views, on Postgres.

`PYTHONPATH=src:. python bench/partitions.py [GROUPS]` starts a broker and a database of its own. All processes
share this machine's cores with them, so the figures say what sharing costs, not what more machines would give.
"""

import asyncio
import os
import subprocess
import sys
from contextlib import ExitStack
from time import perf_counter
from uuid import uuid4

import histories
import postgres
from relays import broker
from stores import opened

from groupchat.projections import CONVERSATION_VIEWS
from groupchat.store.database import Database
from groupchat.store.event_store import EventStore
from groupchat.store.places import forget_places
from groupchat.store.positions import reset_to
from groupchat.store.progress import Progress
from tests.processes.partitions.publishing import Publisher, make_topic

PARTITIONS = 12
MESSAGES = 10
SECONDS = 300


def main(groups: int) -> None:
    """Measure, and print."""
    with ExitStack() as stack:
        brokers = stack.enter_context(broker())
        url = stack.enter_context(postgres.running()).database()
        store = stack.enter_context(opened(url))
        events = histories.fill(store.database, groups=groups, messages=MESSAGES)
        prefix = f"bench{uuid4().hex[:8]}."
        publisher = Publisher(brokers, make_topic(brokers, prefix, PARTITIONS))
        publisher.publish(store.log.read(0, events).events, store.database)
        publisher.close()
        environment = os.environ | {
            "GROUPCHAT_DATABASE_URL": url,
            "GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS": brokers,
            "GROUPCHAT_KAFKA_TOPIC_PREFIX": prefix,
        }
        for source, processes in (("log", 1), ("kafka", 1), ("kafka", 2), ("kafka", 4)):
            _empty(store.database)
            seconds = _followed(store, environment, source, processes, events)
            print(f"{source}, {processes} process(es): {events / seconds:,.0f} events/s ({events:,} in {seconds:.1f} s)")


def _empty(database: Database) -> None:
    with database.write() as connection:
        for view in CONVERSATION_VIEWS:
            view.clear(connection)
            forget_places(connection, view.name)
            reset_to(connection, view.name, 0)


def _followed(store: EventStore, environment: dict[str, str], source: str, processes: int, events: int) -> float:
    """Return the seconds from when all processes say that they work until all views have everything."""
    command = [sys.executable, "-m", "groupchat", "work", "projections", "--source", source]
    running = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(processes)]
    try:
        for process in running:
            assert process.stderr is not None
            process.stderr.readline()
        start = perf_counter()
        names = [view.name for view in CONVERSATION_VIEWS]
        if not asyncio.run(Progress(store.database, store.signals).wait_for(names, events, SECONDS)):
            msg = f"the views did not follow in {SECONDS} s"
            raise RuntimeError(msg)
        return perf_counter() - start
    finally:
        for process in running:
            process.terminate()
            process.communicate()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
