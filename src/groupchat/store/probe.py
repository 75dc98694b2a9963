"""Finding out whether anything can be stored now, by a transaction that writes and changes nothing."""

import asyncio
from time import monotonic

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from groupchat.store.database import Database
from groupchat.store.fitness import UnfitError, require_rights, require_schema_of, require_sessions
from groupchat.store.recorder import WRITER_LOCK
from groupchat.store.schema import newest_schema


class Probe:
    """Tries to write. What was found holds for some time, and there is one try at a time, however many ask.

    `holds` and `patience` are seconds; who waits for a lock for longer than `patience` can't write.
    """

    def __init__(self, database: Database, *, holds: float = 1.0, patience: float = 2.0) -> None:
        self._database = database
        self._holds = holds
        self._patience = patience
        self._newest = newest_schema()
        self._trying: asyncio.Task[bool] | None = None
        self._ended = float("-inf")
        self.reason: str | None = None
        """Why the database can't be used as it is, in words for anybody; none where it is only away, slow or full."""

    async def can_store(self) -> bool:
        """Tell whether a transaction that writes can be committed now."""
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
