"""A lease: of several instances of a follower, one works and the others wait for it to end, however it ends.

On Postgres it is a session's advisory lock: the server frees it when the process or its connection dies. On SQLite, where all
processes are on one machine, it is a lock on a file beside the database, which the operating system frees.
"""

import asyncio
from time import monotonic
from types import TracebackType
from typing import Self
from zlib import crc32

import structlog
from filelock import FileLock, Timeout
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from groupchat.store.database import Database, is_passing
from groupchat.store.sqlite_file import OWNER_ONLY
from groupchat.values.errors import first_line
from groupchat.values.waiting import first_set

_RETRY_SECONDS = 0.5
_CHECK_SECONDS = 1.0
_NAMESPACE = 0x6772

log = structlog.get_logger()


class Lease:
    """`async with Lease(...) as lease` waits for the lease, or for `stop`; `still_held` tells whether to go on working.

    A `shared` one is held by any number who share it, while nobody holds it alone; on SQLite it is as any other.
    """

    def __init__(self, database: Database, name: str, stop: asyncio.Event, *, shared: bool = False) -> None:
        self._database = database
        self._name = name
        self._stop = stop
        self._take = "pg_try_advisory_lock_shared" if shared else "pg_try_advisory_lock"
        self._file: FileLock | None = None
        self._connection: Connection | None = None
        self._held = False
        self._checked = monotonic()

    async def __aenter__(self) -> Self:
        waited = False
        while not self._stop.is_set():
            if await asyncio.to_thread(self._taken):
                self._held = True
                break
            if not waited:
                log.info("lease_awaited", follower=self._name)
                waited = True
            await first_set(self._stop, seconds=_RETRY_SECONDS)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await asyncio.to_thread(self._release)

    async def still_held(self) -> bool:
        """Tell whether the lease is held: on Postgres it is lost with its connection."""
        if self._held and self._connection is not None and monotonic() > self._checked + _CHECK_SECONDS:
            self._held = await asyncio.to_thread(_answers, self._connection)
            self._checked = monotonic()
        return self._held

    def _taken(self) -> bool:
        """Try to take the lease; a database that can't be reached now gives none."""
        try:
            with self._database.known_errors():
                return self._try()
        except SQLAlchemyError as error:
            if not is_passing(error):
                raise
            log.warning("lease_unreachable", follower=self._name, error=first_line(error))
            return False

    def _try(self) -> bool:
        if self._database.path is not None:
            path = self._database.path.with_name(f"{self._database.path.name}.{self._name}.lock")
            self._file = FileLock(path, mode=OWNER_ONLY, thread_local=False)
            try:
                self._file.acquire(timeout=0)
            except Timeout:
                return False
            return True
        connection = self._database.single.connect()
        taken = connection.execute(
            text(f"SELECT {self._take}(:space, :key)"),
            {"space": _NAMESPACE, "key": crc32(self._name.encode()) - 2**31},
        ).scalar_one()
        if not taken:
            connection.close()
            return False
        connection.detach()
        self._connection = connection
        return True

    def _release(self) -> None:
        self._held = False
        if self._file is not None:
            self._file.release()
        if self._connection is not None:
            self._connection.close()


def _answers(connection: Connection) -> bool:
    try:
        connection.execute(text("SELECT 1"))
    except DBAPIError:
        return False
    return True
