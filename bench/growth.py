"""A store that has grown: the time to make one, to rebuild its views, and to answer requests from it.

`python bench/growth.py --events 5000000` makes that many events of one workspace in an empty database (`--url`, or SQLite in a
temporary folder), rebuilds all views, and measures requests, in this process and without a socket. Run it with two sizes. What a
request costs should follow the size of its answer, not that of the store, so both are shown.
"""

import argparse
import asyncio
import resource
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import count, islice
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter, process_time

import histories
import httpx

from groupchat import logs
from groupchat.aggregates.group_events import Participant
from groupchat.bootstrap import System, running
from groupchat.commands.keys import by_operator
from groupchat.commands.workspaces import create_workspace
from groupchat.http.app import create_app
from groupchat.projections import VIEWS
from groupchat.projections.rebuild import rebuild
from groupchat.settings import Settings
from groupchat.values.clock import utc_now
from groupchat.values.event import Event
from groupchat.values.ids import new_id

ACTIVE = 500
"""The number of conversations that are going on at a time."""
EXCHANGES = (*(1,) * 50, *(5,) * 30, *(40,) * 15, *(300,) * 5)
"""How many of 100 conversations have how many messages. Every other message gets a reply."""
LONG_EVERY, LONG = 3_000, 6_700
"""Every 3,000th conversation has 10,000 events of its own."""
CALLS = 30

Story = Iterator[tuple[str, Event]]


def conversations(random: Random) -> Iterator[tuple[str, Story]]:
    """Return conversations without end, each with its events from creation to its last message."""
    for n in count():
        conversation = new_id("cnv")
        roster = tuple(histories.participant(n * histories.PARTICIPANTS + each) for each in range(histories.PARTICIPANTS))
        exchanges = LONG if n % LONG_EVERY == 1 else random.choice(EXCHANGES)
        yield conversation, _story(conversation, roster, exchanges)


def _story(conversation: str, roster: tuple[Participant, ...], exchanges: int) -> Story:
    yield from histories.beginning(conversation, roster)
    for n in range(exchanges):
        yield from histories.exchange(conversation, roster, replied=n % 2 == 0)


def interleaved(random: Random) -> Story:
    """Return the events of all conversations, of which `ACTIVE` are going on at a time, an exchange of one after another."""
    new = (story for _, story in conversations(random))
    active = list(islice(new, ACTIVE))
    while True:
        n = random.randrange(ACTIVE)
        some = list(islice(active[n], 5))
        if len(some) < 5:  # it is over
            active[n] = next(new)
        yield from some


async def main() -> None:
    """Make a store, and measure it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=100_000)
    options.add_argument("--url")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = given.url or f"sqlite:///{Path(folder) / 'grown.db'}"
        settings = Settings(database_url=url, rate_limit=0, log_level="warning")
        logs.configure(settings)
        async with running(settings) as system:
            await _measure(system, given.events)


async def _measure(system: System, events: int) -> None:
    workspace_id = new_id("wsp")
    founded = await system.store.run(by_operator(workspace_id), create_workspace, "Grown", "owner@example.com")
    await _timed(
        f"make {events} events",
        lambda: asyncio.to_thread(histories.store, system.database, workspace_id, islice(interleaved(Random(1)), events)),
    )
    await _timed("rebuild all views", lambda: rebuild(system.store, list(VIEWS.values()), lambda _done, _total: None))
    tiny, long = await asyncio.to_thread(_shortest_and_longest, system)
    paths = {
        "inbox, 50 conversations": "/v1/conversations?limit=50",
        "inbox, a search without a hit": "/v1/conversations?q=nobody",
        "contacts, a search without a hit": "/v1/contacts?q=nobody",
        "a conversation": f"/v1/conversations/{long}",
        "10 messages of a long conversation": f"/v1/conversations/{long}/messages?limit=10",
        "10 events of a long conversation": f"/v1/conversations/{long}/history?limit=10",
        "past state of a tiny conversation": f"/v1/conversations/{tiny}/history/state",
        "past state of a long conversation": f"/v1/conversations/{long}/history/state",
        "ledger": "/v1/ledger",
        "statement": f"/v1/ledger/statement?month={utc_now():%Y-%m}",
    }
    async with _client(system, founded.value.api_key) as client:
        for name, path in paths.items():
            await _requests(client, name, path)
    print(f"{'peak memory':40} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:9.0f} MiB")


def _shortest_and_longest(system: System) -> tuple[str, str]:
    with system.database.read() as connection:
        order = "SELECT conversation_id FROM messages GROUP BY conversation_id ORDER BY count(*)"
        found = [connection.exec_driver_sql(f"{order} {way} LIMIT 1").scalar_one() for way in ("", "DESC")]
    return found[0], found[1]


@asynccontextmanager
async def _client(system: System, key: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(system.services))
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://groupchat.test", headers=headers, timeout=60) as client:
        yield client


async def _requests(client: httpx.AsyncClient, name: str, path: str) -> None:
    """Print the median and the 99th percentile of a request's time, this process's CPU time for it, and the size of its answer."""
    times, used, size = [], [], 0
    for _ in range(CALLS):
        start, before = perf_counter(), process_time()
        answer = (await client.get(path)).raise_for_status()
        times.append(1_000 * (perf_counter() - start))
        used.append(1_000 * (process_time() - before))
        size = len(answer.content)
    figures = f"p50 {median(times):7.1f} ms  p99 {quantiles(times, n=100)[-1]:7.1f} ms  CPU {median(used):7.1f} ms"
    print(f"{name:40} {figures}  {size / 1_000:9.1f} kB", flush=True)


async def _timed(name: str, work: Callable[[], Awaitable[object]]) -> None:
    start = perf_counter()
    await work()
    print(f"{name:40} {perf_counter() - start:9.1f} s", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
