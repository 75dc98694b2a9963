"""A store on a new database, as the measurements use it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from groupchat.store.database import Database
from groupchat.store.event_store import EventStore
from groupchat.store.schema import migrate
from groupchat.store.signals import Signals


@contextmanager
def opened(url: str) -> Iterator[EventStore]:
    """Prepare a database, and open a store on it."""
    with ExitStack() as stack:
        database = Database(url)
        stack.callback(database.close)
        migrate(database)
        signals = Signals(database)
        stack.callback(signals.close)
        store = EventStore(database, signals)
        stack.callback(store.close)
        yield store
