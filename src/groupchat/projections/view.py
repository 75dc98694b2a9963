"""What every view is and how it follows the log: rows and position in one transaction, each event applied once."""

import asyncio
from collections.abc import Callable, Sequence

from msgspec import Struct
from sqlalchemy import Connection, Table, delete, func, select, update

from groupchat.projections.rows import insert_new
from groupchat.store.database import Database, is_passing
from groupchat.store.follower import PoisonError, advance, status_of
from groupchat.store.tables import FOLLOWED_PARTITIONS, FOLLOWERS, PARKED_EVENTS
from groupchat.values.event import Recorded

REASON_CHARACTERS = 500


class View(Struct, frozen=True):
    """A view: its name, its tables, and how a batch of events changes them."""

    name: str
    tables: tuple[Table, ...]
    apply: Callable[[Connection, Sequence[Recorded]], None]

    def clear(self, connection: Connection) -> None:
        """Empty its tables."""
        for table in self.tables:
            connection.execute(delete(table))


class Projection:
    """The handler of a view's follower."""

    def __init__(self, database: Database, view: View) -> None:
        self.name = view.name
        self._database = database
        self._view = view

    async def handle(self, batch: Sequence[Recorded], position: int) -> None:
        """Apply a batch and store its position; raises `PoisonError` for an event that can't be applied."""
        await asyncio.to_thread(self.handle_blocking, batch, position)

    def handle_blocking(self, batch: Sequence[Recorded], position: int) -> None:
        """Do the same in the caller's thread."""
        try:
            self._apply(batch, position)
        except Exception as error:
            if is_passing(error):
                raise
            self._apply_one_by_one(batch, position)

    def _apply_one_by_one(self, batch: Sequence[Recorded], position: int) -> None:
        for recorded in batch:
            try:
                self._apply([recorded], recorded.position)
            except Exception as error:
                if is_passing(error):
                    raise
                reason = f"{type(error).__name__}: {error}"
                raise PoisonError(recorded.position, reason[:REASON_CHARACTERS], recorded.cause.correlation_id) from error
        self._apply([], position)

    def _apply(self, batch: Sequence[Recorded], position: int) -> None:
        """Apply what of a batch is not applied yet.

        A batch that does not go on from where the view stands is left alone: the view was emptied after the batch was read.
        """
        with self._database.write(durable=False) as connection:
            standing = lock_position(connection, self.name)
            fresh = [recorded for recorded in batch if recorded.position > standing]
            missing = position - standing - len(fresh)
            if position <= standing or missing != (missing and _parked(connection, self.name, standing, position)):
                return
            if fresh:
                self._view.apply(connection, fresh)
            raise_partitions(connection, self.name, position)
            advance(connection, [self.name], position)


def lock_position(connection: Connection, name: str) -> int:
    """Lock a view against its follower: return its position, which nobody else can change until the transaction ends."""
    standing = status_of(connection, name, for_update=True).position
    if standing == 0:
        insert_new(connection, FOLLOWERS, [{"name": name, "position": 0}])
        standing = status_of(connection, name, for_update=True).position
    return standing


def raise_partitions(connection: Connection, name: str, position: int) -> None:
    """Let the partitions of a view that followed Kafka before have what it got from the log."""
    table = FOLLOWED_PARTITIONS.c
    connection.execute(update(FOLLOWED_PARTITIONS).where(table.view == name, table.position < position).values(position=position))


def is_at_one_position(connection: Connection, name: str) -> bool:
    """Tell whether a view has no event after its position: one that follows Kafka may be further on in some partitions."""
    table = FOLLOWED_PARTITIONS.c
    query = select(func.count(table.position.distinct())).where(table.view == name)
    return connection.execute(query).scalar_one() <= 1


def _parked(connection: Connection, name: str, above: int, upto: int) -> int:
    table = PARKED_EVENTS.c
    query = select(func.count()).where(table.follower == name, table.position.between(above + 1, upto))
    return connection.execute(query).scalar_one()
