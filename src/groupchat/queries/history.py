"""A conversation's past: its events, and its state as of any of them (R31, R32)."""

import asyncio
from collections.abc import Sequence

from groupchat.audit import as_of
from groupchat.audit.as_of import AsOf, When
from groupchat.projections.paging import PageRequest
from groupchat.store.event_store import EventStore
from groupchat.values.event import Recorded


async def events(store: EventStore, conversation_id: str, after: int, limit: int) -> tuple[Sequence[Recorded], int | None]:
    """Return up to `limit` of a conversation's events above a version, and the last one's version if there are more."""
    found = await asyncio.to_thread(store.log.stream, conversation_id, after=after, limit=limit + 1)
    return found[:limit], found[limit - 1].version if len(found) > limit else None


async def state(store: EventStore, conversation_id: str, asked: When, wanted: PageRequest) -> AsOf:
    """Return a conversation as of then, with a page of its thread (R32); raises the same errors as `as_of.page`."""
    return await asyncio.to_thread(
        as_of.page, store.log, conversation_id, asked, store.now(), cursor=wanted.cursor, limit=wanted.limit
    )
