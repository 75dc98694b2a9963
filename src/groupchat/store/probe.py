"""Finding out whether the store accepts writes now, by a transaction that writes without changing anything."""

import asyncio
from time import monotonic

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from groupchat.store.database import Database
from groupchat.store.fitness import UnfitError, require_rights, require_schema_of, require_sessions
from groupchat.store.recorder import WRITER_LOCK
from groupchat.store.schema_version import newest_schema


class Probe:
    """Tries to write. A result is reused for some time, and one try runs at a time, for any number of callers.

    `holds` is the time that a result is reused, and `patience` the time to wait for a lock, both in seconds. A database that is
    locked for longer can't be written.
    """

    def __init__(self, database: Database, *, holds: float = 1.0, patience: float = 2.0) -> None:
        self._database = database
        self._holds = holds
        self._patience = patience
        self._newest = newest_schema()
        self._trying: asyncio.Task[bool] | None = None
        self._ended = float("-inf")
        self.reason: str | None = None
        """The reason why the database can't be used, without details about it; none if it is only unreachable, slow or full."""

    async def can_store(self) -> bool:
        """Return whether a transaction that writes can be committed now."""
        if self._trying is None or (self._trying.done() and monotonic() >= self._ended + self._holds):
            self._trying = asyncio.create_task(self._try())
        await asyncio.wait({self._trying}, timeout=self._patience)
        return self._trying.done() and self._trying.result()

    async def _try(self) -> bool:
        try:
            self.reason = None
            return await asyncio.to_thread(self._write)
        except UnfitError as error:
            self.reason = str(error)
            return False
        finally:
            self._ended = monotonic()

    def _write(self) -> bool:
        """Try to write; raises `UnfitError`."""
        try:
            require_sessions(self._database)
            with self._database.write(durable=False) as connection:
                require_schema_of(connection, self._newest)
                self._take_turn(connection)
                require_rights(connection)
        except SQLAlchemyError:
            return False
        return True

    def _take_turn(self, connection: Connection) -> None:
        """Wait for the writers' lock, as an append does."""
        if not self._database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITER_LOCK})
