"""The tree follows the log, independently of appends, with its tiles and its position in one transaction. It decodes nothing.

The position is the number of leaves. A leaf is a row as it is stored, so an unreadable event has a leaf like any other. A missing
event has none, and can't be parked: the tree stops there, as followers do, and reports it.
"""

import asyncio
from collections.abc import Sequence

import structlog
from sqlalchemy import Connection

from groupchat.proof.kept import forget_tiles, put, tiles_in
from groupchat.proof.leaf import leaf_hashes
from groupchat.proof.tiles import Growing, MissingTileError
from groupchat.store.database import DATABASE_ERRORS, Database, is_passing
from groupchat.store.lease import Lease
from groupchat.store.positions import PoisonError, advance, lock, reset_to, status_of, stop_at
from groupchat.store.rows import EventRow, head, rows_between
from groupchat.store.signals import Signals
from groupchat.values.errors import first_line
from groupchat.values.progress import OnProgress
from groupchat.values.waiting import Pauses, first_set

NAME = "proof"
"""The follower's name."""
AT_ONCE = 5_000
"""The number of events that one transaction hashes."""
_GATHER_SECONDS = 1.0
"""Nobody waits for the tree, so it grows at most this often, which costs the same for few events and for many."""
_IDLE_SECONDS = 30.0

log = structlog.get_logger()


class Tree:
    """The tree's follower: adds a leaf for each event, in order. One instance works at a time."""

    def __init__(self, database: Database, signals: Signals) -> None:
        self._database = database
        self._signals = signals

    async def run(self, stop: asyncio.Event) -> None:
        """Follow the log until `stop` is set."""
        while not stop.is_set():
            async with Lease(self._database, NAME, stop) as lease:
                with self._signals.log.listen(stop) as bell:
                    await self._follow(lease, bell, stop)

    async def _follow(self, lease: Lease, bell: asyncio.Event, stop: asyncio.Event) -> None:
        pauses = Pauses(_GATHER_SECONDS, _IDLE_SECONDS)
        while not stop.is_set() and await lease.still_held():
            bell.clear()
            try:
                grown = await asyncio.to_thread(self.step)
            except DATABASE_ERRORS as error:
                if not is_passing(error):
                    raise
                log.warning("follower_retries", follower=NAME, error=first_line(error))
                await first_set(stop, seconds=pauses.next())
                continue
            pauses.reset()
            if grown:
                self._signals.moved()
            if grown < AT_ONCE:
                await first_set(stop, seconds=_GATHER_SECONDS)
                await first_set(bell, seconds=_IDLE_SECONDS)

    def step(self) -> int:
        """Add the next leaves; return their number, 0 at the log's end or after a stop at a missing event. It blocks."""
        with self._database.read() as connection:
            status = status_of(connection, NAME)
            position = min(head(connection), status.position + AT_ONCE)
        if status.stopped_at is not None or position <= status.position:
            return 0
        try:
            return max(0, grow(self._database, position) - status.position)
        except PoisonError as poison:
            stop_at(self._database, NAME, poison, status.position)
            return 0


def grow(database: Database, position: int) -> int:
    """Add all events up to a position, and return the tree's size. Raises `PoisonError` if an event or a tile is missing.

    Events are read and hashed before the transaction that writes, because on SQLite all appends wait for that one.
    """
    with database.read() as connection:
        standing = status_of(connection, NAME).position
        hashes = _hashes(connection, standing, position)
    if not hashes:
        return standing
    with database.write(durable=False) as connection:
        moved = lock(connection, NAME).position
        if moved != standing:  # another process has grown or rebuilt the tree
            return moved
        put(connection, _edge(connection, standing).add(hashes))
        advance(connection, [NAME], position)
    return position


def grow_again(database: Database, upto: int, on_progress: OnProgress) -> None:
    """Compute the whole tree from the stored events, up to a position. Checkpoints stay. Raises `PoisonError`. It blocks."""
    with database.write() as connection:
        lock(connection, NAME)
        forget_tiles(connection)
        reset_to(connection, NAME, 0)
    size = 0
    while size < upto:
        size = grow(database, min(size + AT_ONCE, upto))
        on_progress(size, upto)


def _hashes(connection: Connection, standing: int, position: int) -> list[bytes]:
    if position <= standing:
        return []
    rows = rows_between(connection, standing, position)
    if (missing := first_missing(rows, standing, position)) is not None:
        msg = "the log has no event at this position: it was removed. Run `groupchat audit verify`"
        raise PoisonError(missing, msg)
    return leaf_hashes(rows)


def _edge(connection: Connection, standing: int) -> Growing:
    try:
        return Growing(standing, tiles_in(connection))
    except MissingTileError as error:
        msg = f"{error} Run `groupchat audit rebuild`"
        raise PoisonError(standing + 1, msg) from error


def first_missing(rows: Sequence[EventRow], after: int, upto: int) -> int | None:
    """Return the first position in a range that has no row."""
    if len(rows) == upto - after:
        return None
    there = {row.position for row in rows}
    return next(position for position in range(after + 1, upto + 1) if position not in there)
