"""A workspace, its webhooks on a receiver, and the worker that sends to it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from groupchat.addresses import Addresses, read_networks
from groupchat.commands import webhooks
from groupchat.commands.webhooks import NewWebhook, WebhookWithSecret
from groupchat.processes.webhooks.calling import WebhookCalls
from groupchat.processes.webhooks.courier import QUEUED
from groupchat.processes.webhooks.worker import Webhooks
from groupchat.store import webhook_rows
from groupchat.store.database import Database
from groupchat.store.event_store import EventStore
from groupchat.store.webhook_rows import WEBHOOK_ATTEMPTS, WebhookStanding
from groupchat.values.clock import utc_now
from groupchat.webhooks.secret_keys import SecretKeys
from tests.support.emptied import database, postgres_url, shared_database
from tests.support.receiver import PATIENCE, Receiver, receiving
from tests.support.stores import store_on
from tests.support.world import World, a_world

__all__ = ["database", "postgres_url", "shared_database"]

KEYS = SecretKeys([bytes(32)])
LOCAL = Addresses(read_networks("127.0.0.1/32"))
MESSAGES = ("groupchat.conversation.message_sent",)


class MovableClock:
    """The real time, moved forward as a test likes."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


class Site:
    """A workspace whose events are sent to a receiver."""

    def __init__(self, world: World, receiver: Receiver, clock: MovableClock) -> None:
        self.world = world
        self.store = world.store
        self.receiver = receiver
        self.clock = clock

    async def add(self, path: str = "/", types: tuple[str, ...] | None = MESSAGES, world: World | None = None) -> WebhookWithSecret:
        new = NewWebhook(url=self.receiver.url + path, types=types, description=None)
        return (await (world or self.world).run(webhooks.add_webhook, KEYS, new)).value

    @asynccontextmanager
    async def sending(
        self, addresses: Addresses = LOCAL, call_seconds: float = PATIENCE, most_queued: int = QUEUED
    ) -> AsyncIterator[Webhooks]:
        """Run the worker; errors of it fail the test."""
        outgoing = WebhookCalls(addresses, KEYS, clock=utc_now, call_seconds=call_seconds)
        worker, stop = Webhooks(self.store, outgoing, tend_seconds=0.01, most_queued=most_queued), asyncio.Event()
        task = asyncio.create_task(worker.run(stop))
        try:
            yield worker
        finally:
            stop.set()
            self.store.signals.call()
            await task

    def standing(self, webhook: WebhookWithSecret) -> WebhookStanding | None:
        with self.store.database.read() as connection:
            return webhook_rows.standings(connection, [webhook.id]).get(webhook.id)

    def waiting(self, webhook: WebhookWithSecret) -> int:
        standing = self.standing(webhook)
        return 0 if standing is None else standing.waiting

    def attempts(self, webhook: WebhookWithSecret) -> list[str]:
        with self.store.database.read() as connection:
            table = WEBHOOK_ATTEMPTS.c
            return list(connection.execute(select(table.doc).where(table.webhook_id == webhook.id).order_by(table.id)).scalars())

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is stored."""
        async with asyncio.timeout(PATIENCE):
            while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - nothing tells when the worker's notes are written
                await asyncio.sleep(0.01)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def store(database: Database, clock: MovableClock) -> Iterator[EventStore]:
    """An event store whose clock can be moved, on each backend."""
    with store_on(database, clock=clock) as store:
        yield store


@pytest.fixture
async def site(store: EventStore, clock: MovableClock) -> AsyncIterator[Site]:
    """A workspace and a receiver."""
    async with receiving() as receiver:
        yield Site(await a_world(store), receiver, clock)
