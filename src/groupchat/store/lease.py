"""A lease: of several instances of a follower, one works while the others wait for it to end, for whatever reason.

On Postgres, it is an advisory lock (`session_locks.py`), which the server frees when the process or its connection dies. On SQLite,
where all processes are on one machine, it is a lock on a file next to the database, which the operating system frees.
"""

import asyncio
from time import monotonic
from types import TracebackType
from typing import Self

import structlog
from filelock import FileLock, Timeout
from sqlalchemy.exc import SQLAlchemyError

from groupchat.store.database import Database, is_passing
from groupchat.store.fences import Fence, all_generations, raise_generation
from groupchat.store.holders import note_holder
from groupchat.store.sqlite_file import OWNER_ONLY
from groupchat.values.errors import first_line
from groupchat.values.waiting import first_set

_RETRY_SECONDS = 0.5
CHECK_SECONDS = 1.0
"""A held lease is checked at most this often."""

log = structlog.get_logger()


class Lease:
    """`async with Lease(...) as lease` waits for the lease, or for `stop`; `still_held` returns whether to continue.

    Any number of processes can hold a `shared` lease at the same time, while no process holds it exclusively; on SQLite it is
    always exclusive. Appends that name `fence` are refused once another process has taken the lease. A shared lease has no fence.
    """

    fence: Fence | None = None

    def __init__(
        self, database: Database, name: str, stop: asyncio.Event, *, shared: bool = False, check_seconds: float = CHECK_SECONDS
    ) -> None:
        self._database = database
        self._name = name
        self._stop = stop
        self._shared = shared
        self._check_seconds = check_seconds
        self._file: FileLock | None = None
        self._session: int | None = None
        self._held = False
        self._unreachable = False
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
        """Return whether the lease is held. On Postgres, it is lost with its session, or when another process has taken it."""
        if self._held and self._session is not None and monotonic() > self._checked + self._check_seconds:
            self._checked = monotonic()
            self._held = await asyncio.to_thread(self._is_held_in, self._session)
        return self._held

    def _is_held_in(self, session: int) -> bool:
        generations = self._database.session_locks.look(session, all_generations, self._check_seconds)
        if generations is None:
            return False
        return self.fence is None or generations.get(self.fence.name, 0) <= self.fence.generation  # lower: read before it was taken

    def _taken(self) -> bool:
        """Try to take the lease; without success if the database can't be reached."""
        try:
            with self._database.known_errors():
                if not self._try():
                    return False
            with self._database.write() as connection:
                if not self._shared:
                    self.fence = raise_generation(connection, self._name)
                note_holder(connection, self._name, shared=self._shared)
        except SQLAlchemyError as error:
            self._release()
            if not is_passing(error):
                raise
            if not self._unreachable:  # once, not twice a second
                log.warning("lease_unreachable", follower=self._name, error=first_line(error))
            self._unreachable = True
            return False
        else:
            return True

    def _try(self) -> bool:
        if self._database.path is not None:
            path = self._database.path.with_name(f"{self._database.path.name}.{self._name}.lock")
            self._file = FileLock(path, mode=OWNER_ONLY, thread_local=False)
            try:
                self._file.acquire(timeout=0)
            except Timeout:
                return False
            return True
        self._session = self._database.session_locks.take(self._name, shared=self._shared)
        return self._session is not None

    def _release(self) -> None:
        self._held = False
        if self._file is not None:
            self._file.release()
        if self._session is not None:
            self._database.session_locks.release(self._name, self._session, shared=self._shared)
            self._session = None
