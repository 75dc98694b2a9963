"""The tree follows the log: off the path of appends, by the rules of every follower, its tiles and its position in one transaction.

The position is the number of leaves. A leaf is read as it is stored, not decoded, so an event that can't be read, and is parked,
has its leaf like any other. An event that is missing has none, and nothing can be parked in its place: the tree stands still then.
"""

import asyncio
from collections.abc import Sequence

from sqlalchemy import Connection

from groupchat.proof.kept import forget_tiles, put, tiles_in
from groupchat.proof.leaf import leaf_hashes
from groupchat.proof.tiles import Growing, MissingTileError
from groupchat.store.database import Database
from groupchat.store.positions import PoisonError, advance, lock, reset_to
from groupchat.store.rows import EventRow, rows_between
from groupchat.values.event import Recorded
from groupchat.values.progress import OnProgress

NAME = "proof"
"""The follower's name."""
_AT_ONCE = 5_000
"""How many events a transaction of `grow_again` hashes."""


class Tree:
    """The handler of the tree's follower."""

    name = NAME

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, batch: Sequence[Recorded], position: int) -> int:
        """Add all events up to a position; return the tree's size then. Raises `PoisonError` if an event or a tile is missing."""
        del batch  # decoded, and without those that are parked
        return await asyncio.to_thread(self.grow, position)

    def grow(self, position: int) -> int:
        """Do the same in the caller's thread."""
        with self._database.write(durable=False) as connection:
            standing = lock(connection, NAME).position
            if position <= standing:
                return standing
            _grow(connection, standing, position)
            advance(connection, [NAME], position)
            return position


def grow_again(database: Database, head: int, on_progress: OnProgress) -> None:
    """Compute the whole tree from what is stored, up to a position. Checkpoints stay. Raises `PoisonError`. It blocks."""
    with database.write() as connection:
        lock(connection, NAME)
        forget_tiles(connection)
        reset_to(connection, NAME, 0)
    tree = Tree(database)
    for position in [*range(_AT_ONCE, head, _AT_ONCE), head]:
        tree.grow(position)
        on_progress(position, head)


def _grow(connection: Connection, standing: int, position: int) -> None:
    try:
        growing = Growing(standing, tiles_in(connection))
    except MissingTileError as error:
        msg = f"{error} Run `groupchat audit rebuild`"
        raise PoisonError(standing + 1, msg) from error
    rows = rows_between(connection, standing, position)
    if (missing := first_missing(rows, standing, position)) is not None:
        msg = "the log has no event at this position: it was removed. Run `groupchat audit verify`"
        raise PoisonError(missing, msg)
    put(connection, growing.add(leaf_hashes(rows)))


def first_missing(rows: Sequence[EventRow], after: int, upto: int) -> int | None:
    """Return the first position above one, up to another, that has no row."""
    if len(rows) == upto - after:
        return None
    there = {row.position for row in rows}
    return next(position for position in range(after + 1, upto + 1) if position not in there)
