"""Fresh caches: what other processes store makes this process's cached states stale within a moment.

Decisions do not need it: an append holds only if nothing that it read has moved. It is for what is read without deciding, above all
whose key it is and what they may see (R20 to R23). While this process can't learn what others have stored, nothing cached is
trusted: it is read from the database at its next use, or the caller learns that the database can't be reached.
"""

import asyncio

import structlog

from groupchat.store.event_store import EventStore
from groupchat.values.errors import first_line
from groupchat.values.waiting import first_set

PAUSE_SECONDS = 0.02
"""The shortest time between two looks, so that a busy process looks for many batches at once."""

LOOK_SECONDS = 5.0
"""The longest time between two looks: a bell may be silent without anybody knowing, as behind a firewall that drops connections."""

AGAIN_SECONDS = 0.5
"""The time to wait after a failed check. Nothing in the cache is trusted meanwhile."""

HANGS_SECONDS = 1.0
"""A look that takes longer than this hangs, as on a connection that a firewall has dropped."""

_AT_ONCE = 2_000

log = structlog.get_logger()


async def keep_fresh(store: EventStore, stop: asyncio.Event) -> None:
    """Look at the log's new end whenever it grows, until `stop` is set."""
    seen: int | None = None
    with store.signals.log.listen() as bell:
        while not stop.is_set():
            bell.clear()
            try:
                seen = await _watched(store, seen)
            except Exception as error:  # noqa: BLE001 - if this ended, revoked keys would go on opening in this process
                log.warning("freshness_retries", error=first_line(error))
                store.distrust()
                await first_set(stop, seconds=AGAIN_SECONDS)
                continue
            await first_set(stop, seconds=PAUSE_SECONDS)
            await first_set(stop, bell, seconds=LOOK_SECONDS)


async def _watched(store: EventStore, seen: int | None) -> int:
    """Look; while a look hangs, nothing cached is trusted either."""
    look = asyncio.ensure_future(_look(store, seen))
    while not (await asyncio.wait([look], timeout=HANGS_SECONDS))[0]:
        store.distrust()
    return look.result()


async def _look(store: EventStore, seen: int | None) -> int:
    if seen is None:
        head = await asyncio.to_thread(store.log.head)
        store.distrust()  # what was cached before may be older
        return head
    while moved := await asyncio.to_thread(store.log.moved, seen, _AT_ONCE):
        store.mark_stale(moved)
        seen = moved[-1].position
        if len(moved) < _AT_ONCE:
            break
    return seen
