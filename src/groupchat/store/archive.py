"""A complete copy of a store for export: the log byte for byte, the stored responses, and the followers' positions.

Reading writes nothing, and needs only the right to read. Nothing below a reached position ever changes, so everything that is read
up to one position, in any number of batches, is one state of the store.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import cast

import msgspec
from eventsourcing.persistence import Notification, StoredEvent
from msgspec import Struct
from sqlalchemy import select

from groupchat.store import put_off, webhook_rows
from groupchat.store.answers import IdempotencyKey, StoredAnswer
from groupchat.store.database import Database
from groupchat.store.log import Log
from groupchat.store.mapper import EventMapper, Stored, UnreadableEventError
from groupchat.store.parked import Parked, parked_in
from groupchat.store.positions import FollowerStatus, statuses
from groupchat.store.put_off import PutOff
from groupchat.store.recorder import Recorder
from groupchat.store.tables import IDEMPOTENCY_KEYS
from groupchat.store.webhook_rows import WebhookPlace
from groupchat.values.event import Actor, Recorded

BATCH = 1_000


class Logged(Struct, frozen=True, kw_only=True):
    """A stored event: its data untouched, in the `shape` (class version) it was stored in, and its envelope (R31)."""

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


class Archive:
    """Reads a store for export. Its methods block."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._recorder = Recorder(database)
        self._mapper = EventMapper()
        self.log = Log(self._recorder, self._mapper)

    def events(self, upto: int) -> Iterator[Logged]:
        """Return all events up to a position, in the log's order.

        Raises `UnreadableEventError` for an event that is missing, can't be decoded, or can't be restored to the same bytes.
        """
        for position, notification in enumerate(self._recorder.each_notification((), 0, upto), start=1):
            if notification.id != position:
                msg = f"The log has no event at position {position}, but one at {notification.id}"
                raise UnreadableEventError(msg, position)
            self._mapper.restore(notification)
            yield logged_of(self._mapper, notification)

    def stream(self, name: str, *, after: int = 0, limit: int | None = None) -> list[tuple[Recorded, Logged]]:
        """Return a stream's events above a version, each decoded and as stored; raises `UnreadableEventError` as `events` does."""
        found = cast("list[Notification]", self._recorder.select_events(name, gt=after, limit=limit))
        return [(self._mapper.restore(each), logged_of(self._mapper, each)) for each in found]

    def check(self, logged: Logged) -> None:
        """Raise `UnreadableEventError` unless an event's type and shape are known and its data can be read."""
        self._mapper.restore(stored_of(self._mapper, logged), logged.position)

    def answers(self, upto: int) -> Iterator[StoredAnswer]:
        """Return the stored responses whose position is not above the given one, in the order of users and keys."""
        table = IDEMPOTENCY_KEYS.c
        code_points = "C" if not self.database.is_sqlite else "BINARY"
        order = (table.user_id.collate(code_points), table.key.collate(code_points))
        with self.database.snapshot() as connection:
            lazy = connection.execution_options(stream_results=True, yield_per=BATCH)
            for row in lazy.execute(select(IDEMPOTENCY_KEYS).where(table.position <= upto).order_by(*order)):
                key = IdempotencyKey(row.user_id, row.key, bytes(row.request))
                yield StoredAnswer(key, bytes(row.answer), row.at, row.position)

    def followers(self) -> list[FollowerStatus]:
        """Return the position of every follower."""
        return sorted(statuses(self.database).values(), key=lambda status: status.name)

    def webhooks(self) -> list[WebhookPlace]:
        """Return where every webhook is."""
        with self.database.read() as connection:
            return webhook_rows.places(connection)

    def parked(self, name: str, upto: int) -> list[Parked]:
        """Return the events that were parked for a follower, up to a position."""
        return [Parked(name, position, error) for position, error in parked_in(self.database, name, upto=upto).items()]

    def put_off(self, name: str, upto: int) -> list[PutOff]:
        """Return the events that a process has put off, up to a position that it had already reached."""
        with self.database.read() as connection:
            return put_off.all_of(connection, name, upto)


def logged_of(mapper: EventMapper, notification: Notification) -> Logged:
    """Return an event as it is stored; raises `UnreadableEventError` if it can't be restored to the same bytes."""
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
        msg = f"Event {logged.stream}/{logged.version} is not stored in groupchat's format, so another program has written it"
        raise UnreadableEventError(msg, logged.position)
    return logged


def stored_of(mapper: EventMapper, logged: Logged) -> StoredEvent:
    """Return what the store must hold for an event: the same bytes as in its original store."""
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
