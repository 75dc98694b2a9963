"""Event stores beside the fixture `store`: with other options, or as another process has one."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from groupchat.store.database import Database
from groupchat.store.event_store import EventStore
from groupchat.store.signals import SQLITE_LOOK_SECONDS, Signals


@contextmanager
def store_on(database: Database, *, look_seconds: float = SQLITE_LOOK_SECONDS, **options: Any) -> Iterator[EventStore]:
    """Open a store on a database that stays open, with the store's own options."""
    with ExitStack() as stack:
        signals = Signals(database, look_seconds=look_seconds)
        stack.callback(signals.close)
        store = EventStore(database, signals, **options)
        stack.callback(store.close)
        yield store
