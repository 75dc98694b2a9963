"""Events that are set aside for a follower, which continues without them. Only this module touches the table `parked_events`."""

from collections.abc import Mapping

from msgspec import Struct
from sqlalchemy import Connection, delete, func, insert, select

from groupchat.store.database import Database
from groupchat.store.tables import FOLLOWERS, PARKED_EVENTS

_T = PARKED_EVENTS.c

COUNT = select(func.count()).where(_T.follower == FOLLOWERS.c.name).scalar_subquery()
"""The number of parked events, for a query of `followers`."""


class Parked(Struct, frozen=True):
    """An event that was set aside for a follower, and the reason."""

    follower: str
    position: int
    error: str


def parked(connection: Connection, follower: str, *, above: int = 0, upto: int | None = None) -> dict[int, str]:
    """Return the reason for each parked event, by its position, above one position and up to another."""
    query = select(_T.position, _T.error).where(_T.follower == follower, _T.position > above).order_by(_T.position)
    if upto is not None:
        query = query.where(_T.position <= upto)
    return dict(connection.execute(query).tuples().all())


def parked_in(database: Database, follower: str, *, above: int = 0, upto: int | None = None) -> dict[int, str]:
    """Return the same in a transaction of its own. It blocks."""
    with database.read() as connection:
        return parked(connection, follower, above=above, upto=upto)


def set_aside(connection: Connection, follower: str, errors: Mapping[int, str]) -> None:
    """Park events, each position with its reason."""
    if errors:
        rows = [{"follower": follower, "position": position, "error": error} for position, error in errors.items()]
        connection.execute(insert(PARKED_EVENTS), rows)


def forget(connection: Connection, follower: str) -> None:
    """Forget a follower's parked events, so that it tries all of them again."""
    connection.execute(delete(PARKED_EVENTS).where(_T.follower == follower))
