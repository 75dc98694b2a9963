"""The store as it is kept, to be taken elsewhere: the log byte for byte, the answers under idempotency keys, where followers stand.

Reading writes nothing, and needs no more than the right to read. Nothing changes below a position that was reached, so what is
read up to one head, in however many batches, is one state of the store.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec
from eventsourcing.persistence import Notification, StoredEvent
from msgspec import Struct
from sqlalchemy import select

from groupchat.store import put_off
from groupchat.store.answers import Kept, Key
from groupchat.store.database import Database
from groupchat.store.follower import FollowerStatus, statuses
from groupchat.store.mapper import EventMapper, Stored, UnreadableEventError
from groupchat.store.put_off import PutOff
from groupchat.store.recorder import Recorder
from groupchat.store.tables import IDEMPOTENCY_KEYS, PARKED_EVENTS
from groupchat.values.errors import ToldError
from groupchat.values.event import Actor, Event, Recorded

BATCH = 1_000

E = TypeVar("E", bound=Event)


class UnknownStreamError(ToldError):
    """There is no such stream in the store, or it is of another kind."""


class Logged(Struct, frozen=True, kw_only=True):
    """An event as it is stored: its data untouched, in the `shape` (class version) it was stored in, and its envelope (R31)."""

    position: int
    stream: str
    version: int
    type: str
    shape: int
    at: datetime
    workspace_id: str
    actor: Actor
    correlation_id: str
    causation_id: str
    data: msgspec.Raw


class Parked(Struct, frozen=True):
    """An event that was set aside for a follower."""

    follower: str
    position: int
    error: str


class Archive:
    """Reads what is stored. It blocks."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._recorder = Recorder(database)
        self._mapper = EventMapper()

    def head(self) -> int:
        """Return the position of the newest event, 0 in an empty store."""
        return self._recorder.max_notification_id() or 0

    def log(self, upto: int) -> Iterator[Logged]:
        """Return all events up to a position, in its order.

        Raises `UnreadableEventError` for one that is missing, can't be decoded, or would not be given back to the byte.
        """
        for position, notification in enumerate(self._notifications(upto), start=1):
            if notification.id != position:
                msg = f"The log has no event at position {position}, but one at {notification.id}"
                raise UnreadableEventError(msg, position)
            self._mapper.restore(notification)
            yield logged_of(self._mapper, notification)

    def recorded(self, upto: int, topics: Sequence[str]) -> Iterator[Recorded]:
        """Return the events of these types up to a position, in the order of the log; raises `UnreadableEventError`."""
        return map(self._mapper.restore, self._notifications(upto, topics))

    def stream(self, stream: str, upto: int) -> Iterator[Recorded]:
        """Return a stream's events up to a position; raises `UnreadableEventError`."""
        version = 0
        while batch := self._recorder.select_events(stream, gt=version, limit=BATCH):
            for stored in batch:
                if isinstance(stored, Notification) and stored.id <= upto:
                    yield self._mapper.restore(stored)
            version = batch[-1].originator_version

    def first(self, stream: str, kind: type[E], upto: int) -> E:
        """Return the event that a stream begins with; raises `UnknownStreamError` where there is none, or one of another kind."""
        recorded = next(self.stream(stream, upto), None)
        if recorded is None or not isinstance(recorded.event, kind):
            msg = f"There is nothing in this store that has the id {stream} and began with {kind.TOPIC}."
            raise UnknownStreamError(msg)
        return recorded.event

    def check(self, logged: Logged) -> None:
        """Raise `UnreadableEventError` unless an event's type and shape are known and its data can be read."""
        self._mapper.restore(stored_of(self._mapper, logged), logged.position)

    def answers(self, upto: int) -> Iterator[Kept]:
        """Return the kept answers that cover no more than what is stored up to a position, in the order of users and keys."""
        table = IDEMPOTENCY_KEYS.c
        code_points = "C" if not self.database.is_sqlite else "BINARY"
        order = (table.user_id.collate(code_points), table.key.collate(code_points))
        with self.database.read() as connection:
            lazy = connection.execution_options(stream_results=True, yield_per=BATCH)
            for row in lazy.execute(select(IDEMPOTENCY_KEYS).where(table.position <= upto).order_by(*order)):
                key = Key(row.user_id, row.key, bytes(row.request))
                yield Kept(key, bytes(row.answer), row.at, row.position)

    def followers(self) -> list[FollowerStatus]:
        """Return where every follower stands."""
        return sorted(statuses(self.database).values(), key=lambda status: status.name)

    def parked(self, name: str, upto: int) -> list[Parked]:
        """Return what was set aside for a follower, up to a position."""
        table = PARKED_EVENTS.c
        query = select(table.follower, table.position, table.error).where(table.follower == name, table.position <= upto)
        with self.database.read() as connection:
            return [Parked(*row) for row in connection.execute(query.order_by(table.position))]

    def put_off(self, name: str, upto: int) -> list[PutOff]:
        """Return what a process has put off, up to a position that it had reached before."""
        with self.database.read() as connection:
            return put_off.all_of(connection, name, upto)

    def _notifications(self, upto: int, topics: Sequence[str] = ()) -> Iterator[Notification]:
        position = 0
        while batch := self._recorder.select_notifications(position, BATCH, upto, topics, inclusive_of_start=False):
            yield from batch
            position = batch[-1].id


def logged_of(mapper: EventMapper, notification: Notification) -> Logged:
    """Return an event as it is stored; raises `UnreadableEventError` for one that would not be given back to the byte."""
    kept = mapper.open(notification.state)
    logged = Logged(
        position=notification.id,
        stream=str(notification.originator_id),
        version=notification.originator_version,
        type=notification.topic,
        shape=kept.v,
        at=kept.at,
        workspace_id=kept.ws,
        actor=kept.actor,
        correlation_id=kept.cor,
        causation_id=kept.cau,
        data=kept.data,
    )
    if stored_of(mapper, logged).state != notification.state:
        msg = f"Event {logged.stream}/{logged.version} is not stored as groupchat stores it: something else has written it"
        raise UnreadableEventError(msg, logged.position)
    return logged


def stored_of(mapper: EventMapper, logged: Logged) -> StoredEvent:
    """Return what is stored of an event, the same bytes as where it comes from."""
    envelope = Stored(
        at=logged.at,
        ws=logged.workspace_id,
        actor=logged.actor,
        cor=logged.correlation_id,
        cau=logged.causation_id,
        data=logged.data,
        v=logged.shape,
    )
    state = mapper.close(envelope)
    return StoredEvent(originator_id=logged.stream, originator_version=logged.version, topic=logged.type, state=state)
