"""Housekeeping: expired rows are removed at the start and once an hour, in any number of processes."""

import asyncio
from datetime import timedelta

import structlog

from groupchat.store.answers import forget
from groupchat.store.database import DATABASE_ERRORS
from groupchat.store.event_store import EventStore
from groupchat.values.errors import first_line
from groupchat.values.waiting import first_set

NAME = "housekeeping"
KEPT_FOR = timedelta(hours=24)
"""The minimum time that a response is kept. It is removed within an hour after that."""

EVERY_SECONDS = 3_600.0

log = structlog.get_logger()


async def run(store: EventStore, stop: asyncio.Event) -> None:
    """Clean up until `stop` is set. If the database is unavailable, the next round removes what is left."""
    while not stop.is_set():
        try:
            if removed := await tidy(store):
                log.info("answers_forgotten", answers=removed)
        except DATABASE_ERRORS as error:
            log.warning("housekeeping_failed", error=first_line(error))
        await first_set(stop, seconds=EVERY_SECONDS)


async def tidy(store: EventStore) -> int:
    """Remove the responses that were kept long enough; return their number."""
    return await asyncio.to_thread(forget, store.database, KEPT_FOR)
