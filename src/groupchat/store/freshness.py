"""Fresh caches: events that other processes store make this process's cached states stale within moments.

Decisions don't need this, because an append succeeds only if none of the streams that it read has moved. It serves reads without a
decision, mostly the user of a key and what they may see (R20 to R23). While this process can't find out what others have stored, it
trusts nothing in the cache: streams are read from the database at their next use, or the caller learns that the database can't be
reached.
"""

import asyncio

import structlog

from groupchat.store.event_store import EventStore
from groupchat.values.errors import first_line
from groupchat.values.waiting import first_set

PAUSE_SECONDS = 0.1
"""The shortest time between two checks, so that one check of a busy process covers many batches."""

LOOK_SECONDS = 5.0
"""The longest time between two checks. A bell may be silent without notice, as behind a firewall that drops connections."""

AGAIN_SECONDS = 0.5
"""The time to wait after a failed check. Nothing in the cache is trusted meanwhile."""

HANGS_SECONDS = 1.0
"""A check that takes longer is stuck, as on a connection that a firewall has dropped."""

_AT_ONCE = 2_000

log = structlog.get_logger()


async def keep_fresh(
    store: EventStore, stop: asyncio.Event, *, look_seconds: float = LOOK_SECONDS, hangs_seconds: float = HANGS_SECONDS
) -> None:
    """Check the end of the log whenever it grows, until `stop` is set."""
    seen: int | None = None
    with store.signals.log.listen(stop) as bell:
        while not stop.is_set():
            bell.clear()
            try:
                seen = await _watched(store, seen, hangs_seconds)
            except Exception as error:  # noqa: BLE001 - if this loop ended, revoked keys would stay valid in this process
                log.warning("freshness_retries", error=first_line(error))
                store.distrust()
                await first_set(stop, seconds=AGAIN_SECONDS)
                continue
            await first_set(stop, seconds=PAUSE_SECONDS)
            await first_set(bell, seconds=look_seconds)


async def _watched(store: EventStore, seen: int | None, hangs_seconds: float) -> int | None:
    """Check. While a check is stuck, nothing in the cache is trusted."""
    look = asyncio.ensure_future(_look(store, seen))
    while not (await asyncio.wait([look], timeout=hangs_seconds))[0]:
        store.distrust()
    return look.result()


async def _look(store: EventStore, seen: int | None) -> int | None:
    if store.has_nothing_cached:  # as in a process that only reads the log
        return None
    if seen is None:
        head = await asyncio.to_thread(store.log.head)
        store.distrust()  # everything cached before may be outdated
        return head
    while moved := await asyncio.to_thread(store.log.moved, seen, _AT_ONCE):
        store.mark_stale(moved)
        seen = moved[-1].position
        if len(moved) < _AT_ONCE and seen >= store.signals.newest and not store.database.is_sqlite:
            break  # SQLite doesn't say what the newest event of other processes is
    return seen
