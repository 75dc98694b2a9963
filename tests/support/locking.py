"""The lock of all writers, held by somebody else."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from groupchat.store.database import Database
from groupchat.store.recorder import WRITER_LOCK


@contextmanager
def locked_by_another(url: str) -> Iterator[None]:
    """Hold the lock of all writers, as another process."""
    other = Database(url)
    with other.write() as connection:
        if not other.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITER_LOCK})
        yield
    other.close()
