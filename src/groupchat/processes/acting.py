"""A running process: its follower and its put-off events, under one lease.

A process that has lost its lease starts nothing: its commands name the lease's fence (`store/fences.py`). Reactions that are
already running finish, those in the background too, and their results are stored.
"""

import asyncio

from groupchat.processes.later import Later
from groupchat.processes.process import Process, Reaction
from groupchat.store.event_store import EventStore
from groupchat.store.follower import Follower
from groupchat.store.lease import Lease
from groupchat.store.terms import Terms

BATCH = 2_000
"""The number of events that a process handles at a time.

Those of one key come one after the other, so a batch takes as long as its busiest key. The more events a batch has, the less that
differs from the others.
"""


class Acting:
    """Lets a process react to events, now and later, as long as it has the lease."""

    def __init__(self, store: EventStore, reaction: Reaction, *, background_after: float | None = None) -> None:
        """`background_after` is as in `Process`."""
        self.process = Process(store, reaction, background_after=background_after)
        self.follower = Follower(store, self.process, batch=BATCH)
        self.later = Later(store, self.process, self.follower)
        self.name = reaction.name
        self._database = store.database
        self._signals = store.signals

    async def run(self, stop: asyncio.Event) -> None:
        """React until `stop` is set."""
        while not stop.is_set():
            async with Lease(self._database, self.name, stop) as lease:
                self.process.terms = Terms(fence=lease.fence)
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._follow(lease, stop))
                    group.create_task(self._follow_put_off(lease, stop))
                await self.later.finish()

    async def _follow(self, lease: Lease, stop: asyncio.Event) -> None:
        await self.follower.follow(lease, stop)
        self.process.put_off.set()  # wakes the other, or its sleep would delay the next lease

    async def _follow_put_off(self, lease: Lease, stop: asyncio.Event) -> None:
        await self.later.follow(lease, stop)
        self._signals.call()  # wakes the other, as above
