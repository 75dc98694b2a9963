"""The advisory locks of one session of Postgres: all leases of a process need only one connection.

The session begins with the first lease, and stays when nothing is held: a process that waits for leases asks for them often. The
server frees the locks when the process or its connection dies. Then all leases of the process are lost at once, and the next lease
begins another session.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from threading import Lock
from time import monotonic
from zlib import crc32

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

_NAMESPACE = 0x6772

Read = Callable[[Connection], Mapping[str, int]]


class SessionLocks:
    """The locks that this process holds. All methods block, and may be called in any thread."""

    def __init__(self, engine: Engine) -> None:
        """Use an engine whose connections are in autocommit mode."""
        self._engine = engine
        self._turn = Lock()
        self._connection: Connection | None = None
        self._session = 0
        self._read: Mapping[str, int] = {}
        self._read_at = 0.0
        self._exclusive: set[str] = set()
        self._shared: Counter[str] = Counter()

    def take(self, name: str, *, shared: bool = False) -> int | None:
        """Try to take a lock; return the session's number, or nothing if the lock is held already, even by this process.

        Any number of holders can share a lock while nobody holds it exclusively. Raises SQLAlchemy's error if the database fails.
        """
        with self._turn:
            if name in self._exclusive or (name in self._shared and not shared):  # the server would give it to the same session
                return None
            taken = self._ask(f"pg_try_advisory_lock{'_shared' if shared else ''}", name)
            if taken and shared:
                self._shared[name] += 1
            elif taken:
                self._exclusive.add(name)
            return self._session if taken else None

    def release(self, name: str, session: int, *, shared: bool = False) -> None:
        """Release a lock, if its session goes on. If that fails, the session ends, which releases all of its locks."""
        with self._turn:
            if session != self._session:
                return
            try:
                self._ask(f"pg_advisory_unlock{'_shared' if shared else ''}", name)
            except SQLAlchemyError:
                return
            if shared:
                self._shared -= Counter([name])
            else:
                self._exclusive.remove(name)

    def look(self, session: int, read: Read, seconds: float) -> Mapping[str, int] | None:
        """Return what `read` found in a session, not more than so long ago; nothing if the session has ended."""
        with self._turn:
            if session != self._session or self._connection is None:
                return None
            if monotonic() > self._read_at + seconds:
                try:
                    self._read = read(self._connection)
                except DBAPIError:
                    self._end()
                    return None
                self._read_at = monotonic()
            return self._read

    def close(self) -> None:
        """End the session."""
        with self._turn:
            self._end()

    def _ask(self, function: str, name: str) -> bool:
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            key = crc32(name.encode()) - 2**31
            return bool(self._connection.exec_driver_sql(f"SELECT {function}(%s, %s)", (_NAMESPACE, key)).scalar_one())
        except BaseException:
            self._end()
            raise

    def _end(self) -> None:
        """Close the connection: it may be broken, or have locks whose answers were lost."""
        self._session += 1
        self._read_at = 0.0
        self._exclusive.clear()
        self._shared.clear()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()
