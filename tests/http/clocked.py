"""The API on a store whose clock only moves when a test sets it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from tests.http.site import Site, open_site
from tests.store.following import opened

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
    async with opened(database_url, clock=clock) as store, open_site(store) as site:
        yield site
