"""Rebuilding a view without downtime (R33): new tables are filled next to the live ones, and replace them in one step.

1. The shadow catches up with the view, wherever the view is.
2. Both contents are compared at one position, in a snapshot. That delays neither readers nor the view's follower.
3. The shadow catches up with the log, and replaces the view in a transaction that stops the view, never at a lower position.

A rebuild that was killed resumes where it stopped when it runs again, or drops its tables. A lease lets one process run at a time.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import structlog
from msgspec import Struct
from sqlalchemy import Connection, text

from groupchat.projections.content import Digest, digest_of
from groupchat.projections.rebuild import persistently
from groupchat.projections.shadow import BATCH, Shadow
from groupchat.projections.view import View
from groupchat.store.database import is_passing
from groupchat.store.event_store import EventStore
from groupchat.store.lease import Lease
from groupchat.store.parked import set_aside
from groupchat.store.places import is_at_one_position
from groupchat.store.positions import lock, reset_to, status_of, statuses
from groupchat.values.errors import ExpectedError, first_line
from groupchat.values.progress import OnProgress

T = TypeVar("T")

log = structlog.get_logger()


class Pace(Struct, frozen=True, kw_only=True):
    """The bounds of an online rebuild: events are counted, times are in seconds."""

    batch: int = BATCH
    """The shadow applies at most this many events in one transaction."""
    near: int = 500
    """The last events, at most this many, are applied while the view is stopped, which takes some hundredths of a second."""
    switches: int = 60
    """The number of times that the switch is tried on Postgres while readers lock the tables, in about two minutes."""
    pause: float = 0.5
    """The time between two tries."""
    lease: float = 2.0
    """The time to wait for another rebuild's lease, because a process that was just killed may still seem to hold it."""


PACE = Pace()


class OnlineRebuildError(ExpectedError):
    """An online rebuild couldn't start or finish. The live view is unchanged."""


class Compared(Struct, frozen=True):
    """The contents as they were at one position. `old` is `None` if the live view was behind the new one."""

    position: int
    new: Digest
    old: Digest | None
    differing: int = 0
    """The number of rows that are in only one of the two, or that differ."""


class Switched(Struct, frozen=True):
    """A view that was rebuilt, and where it stood then."""

    name: str
    position: int
    compared: Compared


async def rebuild_online(store: EventStore, view: View, on_progress: OnProgress, *, pace: Pace = PACE) -> Switched:
    """Rebuild a view next to itself and switch to the new one; parked events are tried again.

    Raises `ShadowStoppedError` for a poison event, `OnlineRebuildError` if another rebuild is running or readers never release the
    tables, and the driver's error if the database fails repeatedly. In each case, the live view is unchanged, and another run
    continues.
    """
    async with _alone(store, view, pace) as lease:
        shadow = Shadow(store, view, batch=pace.batch)
        catch_up = partial(_catch_up, store, shadow, lease, on_progress, pace.near)
        try:
            await _in_thread(shadow.open)
            await catch_up(lambda: _standing(store, view))
            compared = await _in_thread(_compare, store, view, shadow)
            await _in_thread(shadow.settle)
            position = await _switch_between_readers(store, view, shadow, catch_up, pace)
            await _in_thread(shadow.drop)
            on_progress(position, position)
            return Switched(view.name, position, compared)
        finally:
            await asyncio.to_thread(shadow.close)


async def drop_shadow(store: EventStore, view: View, *, pace: Pace = PACE) -> bool:
    """Drop the remains of an interrupted online rebuild; return whether there were any. Raises `OnlineRebuildError` as above."""
    async with _alone(store, view, pace):
        return await _in_thread(Shadow(store, view).drop)


@asynccontextmanager
async def _alone(store: EventStore, view: View, pace: Pace) -> AsyncIterator[Lease]:
    """Hold the lease on a view's shadow."""
    patience = asyncio.Event()
    timer = asyncio.get_running_loop().call_later(pace.lease, patience.set)
    try:
        async with Lease(store.database, f"rebuild-{view.name}", patience) as lease:
            await _require(lease, f"Another online rebuild of {view.name} is running.")
            yield lease
    finally:
        timer.cancel()


async def _require(lease: Lease, otherwise: str) -> None:
    if not await lease.still_held():
        raise OnlineRebuildError(otherwise)


async def _catch_up(
    store: EventStore, shadow: Shadow, lease: Lease, on_progress: OnProgress, near: int, end: Callable[[], int]
) -> None:
    """Bring a shadow near to an end that moves on."""
    while True:
        await _require(lease, "The connection that keeps other rebuilds away was lost. Run the command again; it resumes.")
        position, goal, head = await _in_thread(lambda: (shadow.position(), end(), store.log.head()))
        on_progress(min(position, head), head)
        if position + near >= goal:
            return
        await _in_thread(shadow.advance, goal)


async def _in_thread(work: Callable[..., T], *given: Any) -> T:
    return await persistently(partial(asyncio.to_thread, work, *given))


def _standing(store: EventStore, view: View) -> int:
    """Return a view's position; the log's end if it shows nothing yet."""
    found = statuses(store.database).get(view.name)
    return (found and found.position) or store.log.head()


def _compare(store: EventStore, view: View, shadow: Shadow) -> Compared:
    with store.database.snapshot() as snapshot:
        position, is_same = _meet(store, view, shadow, snapshot)
        new = digest_of(snapshot, shadow.tables)
        if not is_same:
            return Compared(position, new, None)
        old = digest_of(snapshot, view.tables)
        differing = 0 if new == old else sum(pair.differing(snapshot) for pair in shadow.pairs)
        return Compared(position, new, old, differing)


def _meet(store: EventStore, view: View, shadow: Shadow, snapshot: Connection) -> tuple[int, bool]:
    """Bring the shadow to the view's position and begin the snapshot there; return the position, and whether both are at it.

    The view's follower waits only for this, not while contents are read.
    """
    with store.database.write() as connection:
        standing = lock(connection, view.name).position
        is_whole = is_at_one_position(connection, view.name)
        shadow.reach(standing or store.log.head())
        if not store.database.is_sqlite:
            snapshot.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL statement_timeout = 0"))
        shadow.show_to(snapshot)
        status_of(snapshot, view.name)  # the first read starts the snapshot
    position = shadow.position()
    return position, is_whole and position == standing


async def _switch_between_readers(
    store: EventStore, view: View, shadow: Shadow, catch_up: Callable[[Callable[[], int]], Awaitable[None]], pace: Pace
) -> int:
    for attempt in range(1, pace.switches + 1):
        await catch_up(store.log.head)
        try:
            return await asyncio.to_thread(_switch, store, view, shadow, attempt)
        except Exception as error:
            if not is_passing(error):
                raise
            log.info("rebuild_awaits_readers", view=view.name, attempt=attempt, error=first_line(error))
        await asyncio.sleep(pace.pause)
    msg = f"{view.name} is rebuilt, but another session keeps reading its tables. Run the command again after that; it resumes."
    raise OnlineRebuildError(msg)


def _switch(store: EventStore, view: View, shadow: Shadow, attempt: int) -> int:
    """Replace the view with the shadow, never at a lower position than the view's; return the position."""
    with store.database.write() as connection:
        standing = lock(connection, view.name).position
        shadow.reach(max(standing, store.log.head()))
        position, parked = shadow.position(), shadow.parked()
        reset_to(connection, view.name, position)
        set_aside(connection, view.name, parked)
        shadow.take_place(connection, attempt)
    store.signals.call()
    store.signals.moved()
    return position
