"""A lease: of several instances of a follower, one works while the others wait for it to end, for whatever reason.

On Postgres, it is an advisory lock (`session_locks.py`), which the server frees when the process or its connection dies. On SQLite,
where all processes are on one machine, it is a lock on a file next to the database, which the operating system frees.
"""

import asyncio
from collections.abc import Sequence
from time import monotonic
from types import TracebackType
from typing import Self

import structlog
from filelock import FileLock, Timeout
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from groupchat.store.database import Database, is_passing
from groupchat.store.fences import Fence, all_generations, raise_generations
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
        self.name = name
        self._stop = stop
        self.shared = shared
        self._check_seconds = check_seconds
        self._file: FileLock | None = None
        self._session: int | None = None
        self._held = False
        self._unreachable = False
        self._checked = monotonic()

    async def __aenter__(self) -> Self:
        waited = False
        while not self._stop.is_set():
            if await self._is_taken():
                self._held = True
                break
            if not waited:
                log.info("lease_awaited", follower=self.name)
                waited = True
            await first_set(self._stop, seconds=_RETRY_SECONDS)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await asyncio.to_thread(self.release)

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

    async def _is_taken(self) -> bool:
        """Try to take the lease; without success if the database can't be reached."""
        try:
            return await self._database.together(_take).ask(self)
        except SQLAlchemyError as error:
            if not is_passing(error):
                raise
            if not self._unreachable:  # once, not twice a second
                log.warning("lease_unreachable", follower=self.name, error=first_line(error))
            self._unreachable = True
            return False

    def lock(self) -> bool:
        """Try to lock the name. It blocks."""
        if self._database.path is not None:
            path = self._database.path.with_name(f"{self._database.path.name}.{self.name}.lock")
            self._file = FileLock(path, mode=OWNER_ONLY, thread_local=False)
            try:
                self._file.acquire(timeout=0)
            except Timeout:
                return False
            return True
        self._session = self._database.session_locks.take(self.name, shared=self.shared)
        return self._session is not None

    def release(self) -> None:
        """Give the lease back, if it is held. It blocks."""
        self._held = False
        if self._file is not None:
            self._file.release()
        if self._session is not None:
            self._database.session_locks.release(self.name, self._session, shared=self.shared)
            self._session = None


def _take(database: Database, leases: Sequence[Lease]) -> Sequence[bool]:
    """Take those that are free, and note them in one transaction: a process asks for a dozen when it starts."""
    try:
        with database.known_errors():
            taken = [each for each in leases if each.lock()]
        if taken:
            with database.write() as connection:
                _note(connection, taken)
    except BaseException:
        for each in leases:
            each.release()
        raise
    return [each in taken for each in leases]


def _note(connection: Connection, leases: Sequence[Lease]) -> None:
    alone = [each for each in leases if not each.shared]
    fences = raise_generations(connection, [each.name for each in alone])
    for each in alone:
        each.fence = fences[each.name]
    note_holder(connection, [each.name for each in alone], [each.name for each in leases if each.shared])
