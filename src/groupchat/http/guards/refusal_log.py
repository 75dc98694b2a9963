"""Refusals on their way to the store: noted in memory after the response, and stored by one background task.

Waiting refusals of the same kind are one entry with a count, and there are at most `ROOM` entries, so a caller who is refused over
and over fills neither memory nor store. Refusals that can't be recorded are counted in a metric, and logged once a minute. An
instance belongs to one event loop.
"""

import asyncio
from collections.abc import Callable
from contextvars import Context
from datetime import datetime, timedelta

import structlog
from msgspec import Struct

from groupchat.aggregates.refusal import APART, DAY_LIMITS, DayLimits, Refusal
from groupchat.commands.caller import Caller
from groupchat.commands.refusals import Counted, record
from groupchat.store.event_store import EventStore
from groupchat.values.errors import RefusalError
from groupchat.values.waiting import first_set

ROOM = 10_000
AT_ONCE = 100
"""The number of records that are stored together."""
PAUSE_SECONDS = 0.1
"""The time to gather refusals between two writes."""
RETRY = timedelta(seconds=5)
CLOSE_SECONDS = 5.0
"""The time that the end of the process waits for noted refusals to be stored."""

Unrecorded = Callable[[str, int], None]
"""Called with the reason why refusals are not recorded (`room`, `day`, `failed`), and their number."""

log = structlog.get_logger()


class _Entry(Struct):
    workspace_id: str
    refusal: Refusal
    correlation_id: str
    times: int
    first_at: datetime
    last_at: datetime
    due: datetime

    def counted(self) -> Counted:
        return Counted(
            workspace_id=self.workspace_id,
            refusal=self.refusal,
            times=self.times,
            first_at=self.first_at,
            last_at=self.last_at,
            correlation_id=self.correlation_id,
        )


class RefusalLog:
    """Notes refusals, and stores them."""

    def __init__(self, store: EventStore, unrecorded: Unrecorded, *, room: int = ROOM, limits: DayLimits = DAY_LIMITS) -> None:
        self._store = store
        self._unrecorded = unrecorded
        self._room = room
        self._limits = limits
        self._entries: dict[tuple[str, Refusal], _Entry] = {}
        self._task: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()
        self._closing = asyncio.Event()
        self._settled = asyncio.Event()
        self._settled.set()
        self._said_at: datetime | None = None

    def note(self, refusal: Refusal, who: Caller) -> None:
        """Note a refusal of a caller."""
        now = self._store.now()
        self._keep(_Entry(who.workspace_id, refusal, who.correlation_id, 1, now, now, now))
        if self._task is None or self._task.done():  # with a separate context: a request's correlation id is not the task's
            self._task = asyncio.get_running_loop().create_task(self._run(), context=Context())

    async def written(self) -> None:
        """Wait until everything is stored except entries that are still counting."""
        await self._settled.wait()

    async def close(self) -> None:
        """Store all noted refusals, including entries that are still counting, and end."""
        self._closing.set()
        self._woken.set()
        if self._task is None:
            return
        await asyncio.wait([self._task], timeout=CLOSE_SECONDS)
        if not self._task.done():
            self._task.cancel()
            self._lose("failed", sum(entry.times for entry in self._entries.values()))

    def _keep(self, new: _Entry) -> None:
        key = (new.workspace_id, new.refusal)
        entry = self._entries.get(key)
        if entry is not None:
            if new.last_at >= entry.last_at:
                entry.correlation_id, entry.last_at = new.correlation_id, new.last_at
            entry.first_at, entry.due = min(entry.first_at, new.first_at), max(entry.due, new.due)
            entry.times += new.times
        elif len(self._entries) >= self._room:
            self._lose("room", new.times)
        else:
            self._entries[key] = new
            self._settled.clear()
            self._woken.set()

    async def _run(self) -> None:
        while self._entries:
            self._woken.clear()
            now = self._store.now()
            due = [entry for entry in self._entries.values() if entry.due <= now or self._closing.is_set()]
            if due:
                await asyncio.gather(*map(self._write, due[:AT_ONCE]))
                await first_set(self._closing, seconds=PAUSE_SECONDS)
            else:
                self._settled.set()
                soonest = min(entry.due for entry in self._entries.values())
                await first_set(self._woken, seconds=(soonest - now).total_seconds())
        self._settled.set()

    async def _write(self, entry: _Entry) -> None:
        del self._entries[entry.workspace_id, entry.refusal]  # refusals that arrive meanwhile go into another entry
        ends = self._closing.is_set()
        try:
            counted = entry.counted()
            verdict = (await self._store.run(counted.cause(), record, counted, at_once=ends, limits=self._limits)).value
        except RefusalError:  # the database is unreachable or overloaded
            if ends:
                self._lose("failed", entry.times)
            else:
                self._count_on(entry, RETRY)
            return
        except Exception:
            log.exception("refusal_not_recorded", correlation_id=entry.correlation_id)
            self._lose("failed", entry.times)
            return
        if verdict == "later":
            self._count_on(entry, APART)
        elif verdict == "no-more":
            self._lose("day", entry.times)

    def _count_on(self, entry: _Entry, wait: timedelta) -> None:
        entry.due = self._store.now() + wait
        self._keep(entry)

    def _lose(self, reason: str, times: int) -> None:
        self._unrecorded(reason, times)
        now = self._store.now()
        if self._said_at is None or now - self._said_at >= timedelta(minutes=1):
            self._said_at = now
            log.warning("refusals_unrecorded", reason=reason, times=times)
