"""A view's positions in Kafka's partitions, if it follows them. Only this module touches the table `followed_partitions`.

A view has a row for every partition of its topic. Its position is that of its lowest partition. A view without rows follows the
log.
"""

from collections.abc import Collection

from msgspec import Struct
from sqlalchemy import Connection, bindparam, delete, func, select, update

from groupchat.store.signals import notify_progress
from groupchat.store.tables import FOLLOWED_PARTITIONS, FOLLOWERS
from groupchat.store.upserts import upsert

_T = FOLLOWED_PARTITIONS.c
_PLACES = select(_T.topic, _T.partition, _T.next_offset, _T.position)

_OF_VIEWS = _T.view.in_(bindparam("views", expanding=True))
_RAISE = update(FOLLOWED_PARTITIONS).where(_OF_VIEWS, _T.position < bindparam("to")).values(position=bindparam("to"))

LOCK_POSTGRES = "SELECT FROM followed_partitions WHERE view = ANY(%(names)s) ORDER BY view, partition FOR UPDATE"
RAISE_POSTGRES = """
    UPDATE followed_partitions AS p SET position = m.position
    FROM unnest(%(names)s, %(positions)s) AS m (name, position) WHERE p.view = m.name AND p.position < m.position
"""
"""What locks the places of followers, and raises them: parts of what `positions.py` sends together."""

LOWEST = select(func.min(_T.position)).where(_T.view == FOLLOWERS.c.name).scalar_subquery()
"""The lowest position of a view's partitions, for a query of `followers`; null if it has none."""


class NoPlaceError(Exception):
    """The view has no place in a partition, because it never followed the topic or was rebuilt since."""


class Place(Struct, frozen=True):
    """A view's position in a partition."""

    next_offset: int
    position: int


class Places(Struct, frozen=True):
    """The topic that a view follows, and its place in every requested partition."""

    topic: str
    of: dict[int, Place]


def places(connection: Connection, view: str) -> Places | None:
    """Return the topic that the view follows, with its place in every partition; none if it follows the log."""
    rows = connection.execute(_PLACES.where(_T.view == view)).all()
    return Places(rows[0].topic, {row.partition: Place(row.next_offset, row.position) for row in rows}) if rows else None


def lock_places(connection: Connection, view: str, partitions: Collection[int]) -> Places:
    """Return the view's places in these partitions and lock them until the transaction ends.

    Raises `NoPlaceError` if the view has none.
    """
    query = _PLACES.where(_T.view == view, _T.partition.in_(partitions)).order_by(_T.partition).with_for_update()
    rows = connection.execute(query).all()
    if len(rows) < len(set(partitions)):
        raise NoPlaceError(view)
    return Places(rows[0].topic, {row.partition: Place(row.next_offset, row.position) for row in rows})


def store_places(connection: Connection, view: str, moved: Places) -> None:
    """Store the view's new places in these partitions."""
    rows = [
        {"view": view, "partition": partition, "topic": moved.topic, "next_offset": place.next_offset, "position": place.position}
        for partition, place in moved.of.items()
    ]
    if rows:
        upsert(connection, FOLLOWED_PARTITIONS, rows)
        notify_progress(connection)


def raise_places(connection: Connection, views: Collection[str], position: int) -> None:
    """Raise the places of views that followed Kafka before to the position that they reached on the log."""
    connection.execute(_RAISE, {"views": list(views), "to": position})


def forget_places(connection: Connection, view: str) -> None:
    """Let a view follow the log until it begins to follow a topic again."""
    connection.execute(delete(FOLLOWED_PARTITIONS).where(_T.view == view))


def is_at_one_position(connection: Connection, view: str) -> bool:
    """Return whether a view has no event after its position. In some partitions, a view that follows Kafka may be ahead of it."""
    positions = connection.execute(select(func.count(_T.position.distinct())).where(_T.view == view))
    return positions.scalar_one() <= 1


def views_beyond(connection: Connection, position: int) -> list[str]:
    """Return the views that are ahead of a position in any partition."""
    return list(connection.execute(select(_T.view).where(_T.position > position).distinct().order_by(_T.view)).scalars())
