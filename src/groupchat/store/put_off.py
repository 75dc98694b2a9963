"""Put-off events: events that a process must handle later. They are stored with its position, so none is forgotten.

Events of one key stay in order: while one is put off, those behind it wait with it.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Column, Connection, Index, Select, Table, Text, bindparam, delete, exists, func, select, update

from groupchat.store.tables import BIG, METADATA
from groupchat.store.upserts import insert_new
from groupchat.values.clock import from_micros, to_micros
from groupchat.values.event import Moment

PUT_OFF_EVENTS = Table(
    "put_off_events",
    METADATA,
    Column("follower", Text, primary_key=True),
    Column("position", BIG, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, comment="events with the same key are handled in order"),
    Column("due", BIG, nullable=False, comment="microseconds since 1970, in UTC"),
    Index("put_off_events_key", "follower", "key", "position"),
)

_T = PUT_OFF_EVENTS.c
_KEYS = select(_T.key).distinct().where(_T.follower == bindparam("follower"), _T.key.in_(bindparam("keys", expanding=True)))
_EARLIER = PUT_OFF_EVENTS.alias("earlier").c
_IS_FIRST_OF_KEY = ~exists().where(_EARLIER.follower == _T.follower, _EARLIER.key == _T.key, _EARLIER.position < _T.position)


class PutOff(Struct, frozen=True):
    """An event, its key, and when it is due."""

    position: int
    key: str
    due: Moment


def add(connection: Connection, follower: str, events: Iterable[PutOff]) -> None:
    """Put events off; an event that is put off already stays unchanged."""
    rows = [{"follower": follower, "position": each.position, "key": each.key, "due": to_micros(each.due)} for each in events]
    insert_new(connection, PUT_OFF_EVENTS, rows)


def keys_of(connection: Connection, follower: str, keys: Collection[str]) -> set[str]:
    """Return the keys that have put-off events, of the given ones."""
    return set(connection.execute(_KEYS, {"follower": follower, "keys": list(keys)}).scalars()) if keys else set()


def due(connection: Connection, follower: str, now: datetime, limit: int) -> list[PutOff]:
    """Return due events, at most the first of each key."""
    query = _firsts(follower).where(_T.due <= to_micros(now)).order_by(_T.due).limit(limit)
    return [_put_off(*row) for row in connection.execute(query)]


def all_of(connection: Connection, follower: str, upto: int) -> list[PutOff]:
    """Return all put-off events up to a position."""
    query = select(_T.position, _T.key, _T.due).where(_T.follower == follower, _T.position <= upto).order_by(_T.position)
    return [_put_off(*row) for row in connection.execute(query)]


def next_due(connection: Connection, follower: str) -> datetime | None:
    """Return when the next event is due; none if no event is put off."""
    first = connection.execute(select(func.min(_firsts(follower).subquery().c.due))).scalar_one()
    return None if first is None else from_micros(first)


def again(connection: Connection, follower: str, event: PutOff) -> None:
    """Put an event off again."""
    mine = (_T.follower == follower, _T.position == event.position)
    connection.execute(update(PUT_OFF_EVENTS).where(*mine).values(due=to_micros(event.due)))


def forget(connection: Connection, follower: str, positions: Sequence[int]) -> None:
    """Forget events that were handled."""
    connection.execute(delete(PUT_OFF_EVENTS).where(_T.follower == follower, _T.position.in_(positions)))


def _firsts(follower: str) -> Select[tuple[int, str, int]]:
    return select(_T.position, _T.key, _T.due).where(_T.follower == follower, _IS_FIRST_OF_KEY)


def _put_off(position: int, key: str, due: int) -> PutOff:
    return PutOff(position, key, from_micros(due))
