"""Twilio's posts that are not interpreted yet: they identify messages and people only by ids, which Twilio must be asked about.

A webhook is acknowledged when it is stored here (R45). Twilio is asked later, so that a slow response delays no acknowledgement.
Times are microseconds since 1970, in UTC.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from msgspec import Struct, json
from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text, delete, insert, select, update

from groupchat.carriers.storage import Storage
from groupchat.values.clock import Clock, to_micros

METADATA = MetaData()
_BIG = BigInteger().with_variant(Integer(), "sqlite")
_BATCH = 50
_PAUSES = (5.0, 30.0, 300.0)
"""Seconds until an event that was taken but not finished is taken again."""

EVENTS = Table(
    "twilio_events",
    METADATA,
    Column("id", _BIG, primary_key=True, autoincrement=True),
    Column("fields", Text, nullable=False, comment="JSON: the fields of the form that was posted"),
    Column("due_at", _BIG, nullable=False, comment="not taken before"),
    Column("attempts", Integer, nullable=False, comment="how often it was taken"),
    Index("twilio_events_due", "due_at", "id"),
    sqlite_autoincrement=True,  # a row is deleted when it is finished, and another one must not reuse its id
)


class Waiting(Struct, frozen=True):
    """A waiting event."""

    id: int
    fields: Mapping[str, str]


class WaitingEvents:
    """The waiting events in the database. Any process stores them, and any works on them. Its methods block."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    def put(self, fields: Mapping[str, str], seconds: float = 0) -> None:
        """Store an event, which is due after some seconds; it is safe when this returns."""
        due_at = self._clock() + timedelta(seconds=seconds)
        row = {"fields": json.encode(fields).decode(), "due_at": to_micros(due_at), "attempts": 0}
        with self._storage.write() as connection:
            connection.execute(insert(EVENTS).values(row))

    def take(self) -> list[Waiting]:
        """Return some due events, the oldest first, and reserve them for a while."""
        now = self._clock()
        due = select(EVENTS).where(EVENTS.c.due_at <= to_micros(now)).order_by(EVENTS.c.due_at, EVENTS.c.id).limit(_BATCH)
        with self._storage.write(durable=False) as connection:
            rows = connection.execute(due.with_for_update(skip_locked=True)).all()
            for row in rows:
                pause = timedelta(seconds=_PAUSES[min(row.attempts, len(_PAUSES) - 1)])
                later = {"due_at": to_micros(now + pause), "attempts": row.attempts + 1}
                connection.execute(update(EVENTS).where(EVENTS.c.id == row.id).values(later))
        return [Waiting(row.id, json.decode(row.fields, type=dict[str, str])) for row in rows]

    def forget(self, ids: Sequence[int]) -> None:
        """Remove finished events."""
        if ids:
            with self._storage.write(durable=False) as connection:
                connection.execute(delete(EVENTS).where(EVENTS.c.id.in_(ids)))
