"""The API on a store whose clock only moves when a test sets it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from groupchat.store.database import Database
from groupchat.store.event_store import EventStore
from groupchat.store.signals import Signals
from tests.http.site import Site, open_site

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)


class StoppedClock:
    """A clock that only moves when it is set."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def clocked_site(database_url: str, clock: StoppedClock) -> AsyncIterator[Site]:
    """Serve a new workspace at the clock's time."""
    database = Database(database_url)
    signals = Signals(database)
    store = EventStore(database, signals, clock=clock)
    try:
        async with open_site(store) as site:
            yield site
    finally:
        store.close()
        signals.close()
        database.close()
