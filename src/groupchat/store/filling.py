"""Filling an empty store with the contents of another one, in one transaction without other writers."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import DBAPIError

from groupchat.store import answers, put_off, webhook_rows
from groupchat.store.answers import StoredAnswer
from groupchat.store.archive import BATCH, Logged, stored_of
from groupchat.store.database import DATABASE_ERRORS, Database
from groupchat.store.mapper import EventMapper
from groupchat.store.parked import Parked, set_aside
from groupchat.store.positions import FollowerStatus, restore
from groupchat.store.put_off import PutOff
from groupchat.store.recorder import WRITER_LOCK, Recorder
from groupchat.store.tables import IDEMPOTENCY_KEYS, STORED_EVENTS
from groupchat.store.webhook_rows import Cursor, WebhookPlace
from groupchat.values.errors import ExpectedError

T = TypeVar("T")


class StoreNotEmptyError(ExpectedError):
    """The store is not empty, so another store's history can't be imported."""


class BusyStoreError(ExpectedError):
    """Another process is writing to the store."""


def require_empty(database: Database) -> None:
    """Raise `StoreNotEmptyError` unless no event and no response is stored."""
    with database.read() as connection:
        _require_empty(connection)


@contextmanager
def filling(database: Database) -> Iterator["Filling"]:
    """Fill the store. At the end of the block, either everything is stored or nothing.

    Raises `StoreNotEmptyError`, or `BusyStoreError` if another process is writing.
    """
    with _busy_if_locked(), database.write() as connection:
        if not database.is_sqlite:
            _lock(connection)
        _require_empty(connection)
        yield Filling(connection, Recorder(database))


class Filling:
    """The transaction. Each call reads its argument and stores it in batches."""

    def __init__(self, connection: Connection, recorder: Recorder) -> None:
        self.connection = connection
        """For rows that the store does not know."""
        self._recorder = recorder
        self._mapper = EventMapper()

    def events(self, events: Iterable[Logged]) -> None:
        """Store events with consecutive positions, beginning with 1."""
        for batch in _batches(events):
            stored = [stored_of(self._mapper, logged) for logged in batch]
            self._recorder.insert(self.connection, batch[0].position - 1, stored)

    def answers(self, kept: Iterable[StoredAnswer]) -> None:
        """Store responses under their keys."""
        for batch in _batches(kept):
            answers.keep(self.connection, batch, moved=True)

    def follower(self, status: FollowerStatus) -> None:
        """Give a follower the position that it had."""
        restore(self.connection, status)

    def parked(self, event: Parked) -> None:
        """Park an event for a follower again."""
        set_aside(self.connection, event.follower, {event.position: event.error})

    def put_off(self, follower: str, event: PutOff) -> None:
        """Let a process handle an event when it is due."""
        put_off.add(self.connection, follower, [event])

    def webhook(self, place: WebhookPlace) -> None:
        """Let a webhook continue where it was."""
        cursor = Cursor(webhook_id=place.webhook_id, workspace_id=place.workspace_id, behind=place.position)
        webhook_rows.move(self.connection, [cursor])


def _batches(given: Iterable[T]) -> Iterator[Sequence[T]]:
    each = iter(given)
    while batch := list(islice(each, BATCH)):
        yield batch


@contextmanager
def _busy_if_locked() -> Iterator[None]:
    try:
        yield
    except DATABASE_ERRORS as error:
        if isinstance(error, DBAPIError) and not any(words in str(error.orig) for words in ("is locked", "lock timeout")):
            raise
        msg = (
            "Another process is writing to this store, so nothing was imported. Stop serve, work and other imports, and try again."
        )
        raise BusyStoreError(msg) from error


def _lock(connection: Connection) -> None:
    """Wait for the writers' lock as every writer does, and put no limit on statements. On SQLite, the transaction is the lock."""
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(select(func.pg_advisory_xact_lock(WRITER_LOCK)))


def _require_empty(connection: Connection) -> None:
    for table in (STORED_EVENTS, IDEMPOTENCY_KEYS):
        if connection.execute(select(table).limit(1)).first() is not None:
            msg = "This store already has events, but an import needs an empty one. Use another GROUPCHAT_DATABASE_URL."
            raise StoreNotEmptyError(msg)
