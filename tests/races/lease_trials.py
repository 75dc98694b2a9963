"""Leases that are lost while messages are handed over: nobody is texted twice, whatever the two workers believe.

Two workers run `delivery` on one Postgres database while messages are sent: one works, the other waits. Again and again the session
that holds the lease is ended, as a proxy, a firewall or a failover ends it, so that the second worker takes over while calls of
the first are under way. A call to the carrier takes a while, and arrives even if its caller has given up.

`python -m tests.races.lease_trials URL [TRIALS]`, on a Postgres database of your own, prints what became of it as JSON; it exits
with 1 if a message reached the carrier twice or never.
"""

import asyncio
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import monotonic

import msgspec
from msgspec import Struct

from groupchat.processes.acting import Acting
from groupchat.processes.delivery import DeliveryProcess
from groupchat.store.database import Database
from groupchat.store.refusals import UnavailableError
from groupchat.store.schema import migrate
from tests.processes.fake_carrier import FakeCarrier
from tests.store.counting import until
from tests.store.following import log_to_stderr, opened, running
from tests.store.outages import end_session
from tests.support.world import World, a_world

SENDERS = 5
PATIENCE = 1.0
"""Seconds that a call may take; a worker that finds another's call waits for twice that."""
LONGEST_CALL = 0.9
PACE = 0.4
"""Seconds from one message of a sender to the next: calls are always under way, and hardly any message waits behind another."""
PAUSE = 0.6
"""Seconds from one ending to the next, about."""
END = 40.0
"""Seconds without a hand-over after which none is expected any more."""
LEASES = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted"


class Counted(Struct, frozen=True):
    """The results of the endings; the last two should be 0."""

    trials: int
    sent: int
    taken_over: int
    doubled: int
    missing: int


class SlowCarrier(FakeCarrier):
    """Its calls take a while, and arrive even if their callers are gone."""

    async def send(self, outgoing):
        return await asyncio.shield(asyncio.ensure_future(self._arrive(outgoing)))

    async def _arrive(self, outgoing):
        await asyncio.sleep(random.random() * LONGEST_CALL)
        return await super().send(outgoing)


async def run(url: str, trials: int) -> Counted:
    """End the lease's session so often, and count what the carrier got."""
    database = Database(url)
    migrate(database)
    carrier = SlowCarrier()
    async with opened(url) as store:
        world = await a_world(store)
        groups = [await world.group(2 * n + 1, 2 * n + 2) for n in range(2 * SENDERS)]
        async with _sending(world, groups) as sent, _worker(url, carrier), _worker(url, carrier):
            await until(lambda: bool(_holders(database)))  # so that the first ending ends a lease
            endings = sum([await _end_lease(database) for _ in range(trials)])
            sent.stop.set()
            await _all_taken(carrier, sent)
    database.close()
    times = Counter(outgoing.message_id for outgoing in carrier.taken)
    return Counted(
        trials=trials,
        sent=len(sent.ids),
        taken_over=endings,
        doubled=sum(count > 1 for count in times.values()),
        missing=len(set(sent.ids) - set(times)),
    )


class _Sent:
    def __init__(self) -> None:
        self.ids: list[str] = []
        self.stop = asyncio.Event()


@asynccontextmanager
async def _sending(world: World, groups: list[str]) -> AsyncIterator[_Sent]:
    sent = _Sent()

    async def send() -> None:
        while not sent.stop.is_set():
            try:
                sent.ids.append(await world.send(random.choice(groups)))
            except UnavailableError:
                continue
            await asyncio.sleep(PACE)

    async with asyncio.TaskGroup() as senders:
        for _ in range(SENDERS):
            senders.create_task(send())
        yield sent


@asynccontextmanager
async def _worker(url: str, carrier: SlowCarrier) -> AsyncIterator[None]:
    async with opened(url) as store, running(Acting(store, DeliveryProcess(store, carrier, patience=PATIENCE))):
        yield


async def _end_lease(database: Database) -> int:
    """After a moment, end the sessions that hold a lease, if there are any; return their number."""
    await asyncio.sleep(PAUSE * random.uniform(0.5, 1.5))
    url = database.url.render_as_string(hide_password=False)
    holders = _holders(database)
    for pid in holders:
        await asyncio.to_thread(end_session, url, pid)
    return len(holders)


def _holders(database: Database) -> Sequence[int]:
    with database.read() as connection:
        return connection.exec_driver_sql(LEASES).scalars().all()


async def _all_taken(carrier: SlowCarrier, sent: _Sent) -> None:
    """Wait until every message has reached the carrier, or for so long that it never will."""
    taken, since = 0, monotonic()
    while {outgoing.message_id for outgoing in carrier.taken} < set(sent.ids) and monotonic() - since < END:
        if len(carrier.taken) > taken:
            taken, since = len(carrier.taken), monotonic()
        await asyncio.sleep(0.1)
    await asyncio.sleep(3 * PATIENCE)  # for a second call, if there is one


def main() -> None:
    """Carry out the trials of the command line, and print the count as JSON."""
    counted = asyncio.run(run(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100))
    print(msgspec.json.encode(counted).decode())  # noqa: T201 - what it is run for
    if counted.doubled or counted.missing:
        sys.exit(1)


if __name__ == "__main__":
    log_to_stderr()
    main()
