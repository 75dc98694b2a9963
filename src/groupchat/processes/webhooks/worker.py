"""The worker `webhooks`: the follower that feeds the desk, and what the desk does in between, under one lease (R55)."""

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError

from groupchat.processes.webhooks.calling import WebhookCalls
from groupchat.processes.webhooks.courier import QUEUED
from groupchat.processes.webhooks.desk import Desk
from groupchat.store.database import is_passing
from groupchat.store.event_store import EventStore
from groupchat.store.follower import Follower
from groupchat.store.lease import Lease
from groupchat.store.terms import Terms
from groupchat.values.errors import first_line
from groupchat.values.waiting import first_set

TEND_SECONDS = 0.25
"""The desk is tended this often while there are webhooks."""
_AGAIN_SECONDS = 1.0

log = structlog.get_logger()


class Webhooks:
    """Sends events to webhooks."""

    def __init__(
        self, store: EventStore, calls: WebhookCalls, *, tend_seconds: float = TEND_SECONDS, most_queued: int = QUEUED
    ) -> None:
        self.desk = Desk(store, calls, most_queued)
        self.follower = Follower(store, self.desk)
        self.name = self.desk.name
        self._database = store.database
        self._tend_seconds = tend_seconds

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop` is set."""
        while not stop.is_set():
            async with Lease(self._database, self.name, stop) as lease:
                try:
                    await self._work(lease, stop)
                except* SQLAlchemyError as errors:
                    if not all(isinstance(error, SQLAlchemyError) and is_passing(error) for error in errors.exceptions):
                        raise
                    log.warning("follower_retries", follower=self.name, error=first_line(errors.exceptions[0]))
                    await first_set(stop, seconds=_AGAIN_SECONDS)

    async def _work(self, lease: Lease, stop: asyncio.Event) -> None:
        if not await lease.still_held():
            return
        async with asyncio.TaskGroup() as group:
            try:
                await self.desk.open(Terms(fence=lease.fence), group)
                tending = group.create_task(self._tend())
                await self.follower.follow(lease, stop)
                tending.cancel()
            finally:
                await self.desk.close()

    async def _tend(self) -> None:
        while True:
            await self.desk.tend()
            await self.desk.staffed.wait()
            await asyncio.sleep(self._tend_seconds)
