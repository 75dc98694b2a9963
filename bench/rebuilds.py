"""Rebuilding all projections, against reading and decoding the same events."""

import asyncio
from functools import partial
from time import perf_counter

import histories
import uvloop
from rounds import Measure, alternate, compare
from sqlalchemy import func, select
from stores import opened

from groupchat.bootstrap import settle_memory
from groupchat.projections import VIEWS, thread
from groupchat.projections.rebuild import BATCH, rebuild
from groupchat.store.event_store import EventStore
from groupchat.store.log import Log
from groupchat.store.positions import statuses


def measure(url: str, *, rounds: int, groups: int, messages: int) -> Measure:
    """Return the rebuild's rate against the reading's, on a database that is empty."""
    settle_memory()  # as `groupchat rebuild` does
    with opened(url) as store:
        events = histories.fill(store.database, groups=groups, messages=messages)
        kind = "SQLite" if store.database.is_sqlite else "Postgres"
        messages_shown = groups * (messages + (messages + 1) // 2)  # every other one is replied to
        sides = {
            "rebuild": partial(_rebuilt, store, events, messages_shown),
            "reading": partial(_read, store, events),
        }
        rates = alternate(f"rebuild, {kind}", sides, rounds)
    name = f"rebuild of all projections, {kind} / reading and decoding the same events"
    return compare(name, rates["rebuild"], rates["reading"], goal=0.6, unit="events/s")


def _rebuilt(store: EventStore, events: int, messages: int) -> float:
    store.log = Log.of(store.database)  # whose memory has nothing of the round before
    start = perf_counter()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(rebuild(store, list(VIEWS.values()), lambda _done, _total: None))
    elapsed = perf_counter() - start
    behind = [status for name, status in statuses(store.database).items() if name in VIEWS and status.position != events]
    with store.database.read() as connection:
        shown = connection.execute(select(func.count()).select_from(thread.VIEW.tables[0])).scalar_one()
    if behind or shown != messages:
        msg = f"after the rebuild {behind} are behind {events}, and the thread has {shown} of {messages} messages"
        raise RuntimeError(msg)
    return events / elapsed


def _read(store: EventStore, events: int) -> float:
    log = Log.of(store.database)
    start, position = perf_counter(), 0
    while batch := log.read(position, BATCH).events:
        position = batch[-1].position
    if position != events:
        msg = f"read up to {position} of {events} events"
        raise RuntimeError(msg)
    return events / (perf_counter() - start)
