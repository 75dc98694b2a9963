"""The event store: decide on current state, append atomically, load, read the log.

A command's decision reads streams and emits events. Both go into one append, which holds only if none of the streams read has moved
meanwhile; otherwise the decision is made again. That holds for refusals and for commands that change nothing too: their reads are
checked in the same way. So every command decides on everything that was acknowledged before it, in any number of processes.

States are cached. A decision's own events are folded into the cache when it is submitted, not when it is stored: commands on one
stream need not wait for one another, they go into one batch. If an append fails, what was decided upon it fails with it
(`Append.after`) and is decided again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from copy import copy
from datetime import datetime
from typing import Any, Generic, TypeVar

from msgspec import Struct
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from groupchat.store import answers
from groupchat.store.answers import Kept, Key
from groupchat.store.committer import Committer, Observe
from groupchat.store.database import Database
from groupchat.store.decision import Decision, Kind, Loaded
from groupchat.store.mapper import EventMapper, UnreadableEventError
from groupchat.store.recorder import Append, Conflict, Moved, Recorder
from groupchat.store.signals import Signals
from groupchat.store.tail import Tail
from groupchat.store.terms import AnsweredBeforeError, StaleAnswerError, Terms
from groupchat.values.clock import Clock, utc_now
from groupchat.values.errors import RefusalError
from groupchat.values.event import Cause, Recorded

S = TypeVar("S")
T = TypeVar("T")

TRIES = 12
MAX_WAITING = 10_000
"""How many appends may wait for a transaction; what comes then is refused."""
PATIENCE_SECONDS = 30.0
"""How long a command waits for its append."""
CACHED_STREAMS = 50_000
_FIRST_PAUSE = 0.002


class VersionConflictError(RefusalError):
    """The command lost to concurrent changes in every one of its tries."""

    slug = "version-conflict"


class UnavailableError(RefusalError):
    """The store can't be reached now; whether the command was stored is not known, and repeating it tells."""

    slug = "unavailable"


class OverloadedError(UnavailableError):
    """Too many appends wait already; nothing of the command was stored."""


class Outcome(Struct, Generic[T], frozen=True):
    """What a command returned, the events that it stored, and the position that a reader must have reached to see them."""

    value: T
    events: tuple[Recorded, ...]
    position: int


class _Cached(Struct):
    kind: Kind[Any]
    loaded: Loaded[Any]
    pending: Append | None = None
    stale: bool = False


class EventStore:
    """Owns the recorder, the committer and the cache. Its coroutines belong to one event loop; the rest may be called anywhere."""

    def __init__(
        self,
        database: Database,
        signals: Signals,
        *,
        clock: Clock = utc_now,
        max_waiting: int = MAX_WAITING,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.database = database
        self.signals = signals
        self._clock = clock
        self._max_waiting = max_waiting
        self._patience = patience
        self._recorder = Recorder(database)
        self._mapper = EventMapper()
        self._committer = Committer(self._recorder, signals.stored)
        self._tail = Tail(self.read_log)
        self._cache: dict[str, _Cached] = {}
        self._loading: dict[str, asyncio.Task[None]] = {}
        self._terms: Terms | None = None

    def under(self, terms: Terms) -> "EventStore":
        """Return this store for one request, with all its parts; the terms hold for the one decision that is made with it."""
        bound = copy(self)
        bound._terms = terms  # noqa: SLF001 - it is this class
        return bound

    @property
    def waiting(self) -> int:
        """How many appends wait for a transaction."""
        return self._committer.waiting

    @property
    def overloaded(self) -> bool:
        """Whether so many appends wait that another is refused."""
        return self.waiting >= self._max_waiting

    def observe(self, observe: Observe) -> None:
        """Have every batch of appends told to somebody who counts."""
        self._committer.observe = observe

    def now(self) -> datetime:
        """Return the time by the store's clock."""
        return self._clock()

    # --- deciding

    async def decide(self, cause: Cause, command: Callable[[Decision], Awaitable[T]]) -> Outcome[T]:
        """Run a command until its decision holds.

        Raises the command's refusal, `VersionConflictError` after `TRIES` lost races, `UnavailableError` when the database fails or
        does not answer in good time, `OverloadedError` when too many appends wait already. Under terms also
        `PreconditionFailedError`, and `AnsweredBeforeError` where the request's key has an answer.
        """
        for attempt in range(TRIES):
            decision = Decision(cause, self._clock(), self._load)
            refusal: RefusalError | None = None
            value: Any = None
            keep: Kept | None = None
            try:
                value = await command(decision)
                if self._terms is not None:
                    keep = await self._terms.settle(decision, value)
            except RefusalError as error:
                refusal, decision.emitted = error, []
            except StaleAnswerError:
                await asyncio.sleep(_FIRST_PAUSE * (attempt + 1))
                continue
            position = await self._append(decision, keep)
            if position is None:
                await asyncio.sleep(_FIRST_PAUSE * attempt)
                continue
            if refusal is not None:
                raise refusal
            return Outcome(value, tuple(decision.emitted), position)
        msg = "Others keep changing the same thing; nothing was stored. Try again."
        raise VersionConflictError(msg)

    async def _append(self, decision: Decision, keep: Kept | None) -> int | None:
        """Return the position, or none after a conflict."""
        if any(self._moved(stream, version) for stream, version in decision.read.items()):
            return None
        if self.overloaded:
            msg = "More is to be stored than the database takes at the moment; nothing of this was stored. Try again soon."
            raise OverloadedError(msg)
        pending = [cached.pending for stream in decision.read if (cached := self._cache.get(stream)) and cached.pending]
        append = Append(
            events=[self._mapper.store(r.event, r.stream, r.version, r.at, r.cause) for r in decision.emitted],
            expected=decision.read,
            after=[earlier for earlier in pending if not isinstance(earlier.outcome, int)],
            keep=keep,
        )
        written = dict.fromkeys(recorded.stream for recorded in decision.emitted)
        for stream in written:
            cached = self._cache[stream]
            cached.loaded, cached.pending = decision.outcome_of(stream), append
        done = self._committer.submit(append)
        done.add_done_callback(lambda _: self._learn(append, decision.read, written))  # also if nobody waits for it any more
        await asyncio.wait([done], timeout=self._patience)
        return self._position(append if done.done() else None)

    def _position(self, append: Append | None) -> int | None:
        outcome = None if append is None else append.outcome
        if isinstance(outcome, int):
            return outcome
        if isinstance(outcome, Conflict):
            return None
        if isinstance(outcome, Kept):
            raise AnsweredBeforeError(outcome)
        if outcome is None or isinstance(outcome, DBAPIError | PoolTimeoutError):
            msg = "The database can't be reached at the moment. Try again; if your message was stored, the conversation shows it."
            raise UnavailableError(msg) from outcome
        raise outcome

    def _learn(self, append: Append, read: Iterable[str], written: Iterable[str]) -> None:
        """Bring the cache in line with what became of an append."""
        if isinstance(append.outcome, int):
            for stream in written:
                self._settle(stream, append)
        else:
            self._forget(read if isinstance(append.outcome, Conflict) else written, written)

    def _moved(self, stream: str, version: int) -> bool:
        cached = self._cache.get(stream)
        return cached is None or cached.stale or cached.loaded.version != version

    def _settle(self, stream: str, append: Append) -> None:
        cached = self._cache.get(stream)
        if cached is not None and cached.pending is append:
            cached.pending = None

    def _forget(self, read: Iterable[str], written: Iterable[str]) -> None:
        """Drop what was folded in but not stored; what was only read is stale, and its tail is read at its next use."""
        for stream in written:
            self._cache.pop(stream, None)
        for stream in read:
            if cached := self._cache.get(stream):
                cached.stale = True

    def mark_stale(self, moved: Iterable[Moved]) -> None:
        """Let what another process has moved be read at its next use."""
        for each in moved:
            cached = self._cache.get(each.stream)
            if cached is not None and cached.pending is None and cached.loaded.version < each.version:
                cached.stale = True

    async def answer_to(self, key: Key) -> Kept | None:
        """Return the answer that is kept under a user's key, to whichever request; none if none is."""

        def look() -> Kept | None:
            with self.database.read() as connection:
                return answers.find(connection, [key]).get(key.name)

        return await asyncio.to_thread(look)

    # --- loading

    async def load(self, kind: Kind[S], stream: str) -> S | None:
        """Return a stream's state as far as this process knows; a decision on it must go through `decide`."""
        return (await self._load(kind, [stream]))[stream].state

    async def load_fresh(self, kind: Kind[S], stream: str) -> S | None:
        """Return a stream's state with all that is stored, for reading."""
        cached = self._cache.get(stream)
        known: Loaded[Any] = cached.loaded if cached is not None and cached.pending is None else Loaded()
        state: S | None = known.state
        for recorded in await self.read_stream(stream, after_version=known.version):
            state = kind.evolve(state, recorded)
        return state

    async def _load(self, kind: Kind[S], streams: Sequence[str]) -> dict[str, Loaded[S]]:
        while missing := [stream for stream in streams if (cached := self._cache.get(stream)) is None or cached.stale]:
            await self._fetch(kind, missing)
        found: dict[str, Loaded[S]] = {}
        for stream in streams:
            cached = self._cache[stream] = self._cache.pop(stream)  # the newest use is at the end
            found[stream] = cached.loaded
        return found

    async def _fetch(self, kind: Kind[Any], streams: Sequence[str]) -> None:
        """Read what is not cached, each stream by one reader at a time."""
        others = [task for stream in streams if (task := self._loading.get(stream))]
        if others:
            await asyncio.wait(others)
            return
        task = asyncio.ensure_future(self._read_tails(kind, streams))
        self._loading.update(dict.fromkeys(streams, task))
        try:
            await task
        finally:
            for stream in streams:
                self._loading.pop(stream, None)

    async def _read_tails(self, kind: Kind[Any], streams: Sequence[str]) -> None:
        known = {stream: cached.loaded for stream in streams if (cached := self._cache.get(stream)) and not cached.pending}
        tails = {stream: known.get(stream, Loaded()).version for stream in streams}
        try:
            notifications = await asyncio.to_thread(self._recorder.select_tails, tails)
        except (DBAPIError, PoolTimeoutError) as error:
            msg = "The database can't be reached at the moment. Try again."
            raise UnavailableError(msg) from error
        folded = {stream: known.get(stream, Loaded()) for stream in streams}
        for notification in notifications:
            recorded = self._mapper.restore(notification)
            state = kind.evolve(folded[recorded.stream].state, recorded)
            folded[recorded.stream] = Loaded(state, recorded.version, recorded.at)
        for stream, loaded in folded.items():
            self._cache[stream] = _Cached(kind, loaded)
        for _ in range(len(self._cache) - CACHED_STREAMS):
            self._evict()

    def _evict(self) -> None:
        oldest = next(iter(self._cache))
        cached = self._cache.pop(oldest)
        if cached.pending is not None and cached.pending.outcome is None:  # on its way to the disk: keep it, as the newest
            self._cache[oldest] = cached

    # --- reading the log

    async def read_stream(self, stream: str, *, after_version: int = 0, limit: int | None = None) -> list[Recorded]:
        """Return a stream's events above a version."""
        stored = await asyncio.to_thread(self._recorder.select_events, stream, gt=after_version, limit=limit)
        return [self._mapper.restore(event) for event in stored]

    def follow_log(self, after: int, limit: int) -> list[Recorded]:
        """Return the events above a position, in the log's order, from memory where another follower has read them. It blocks."""
        return self._tail.after(after, limit)

    def read_log(self, after: int, limit: int, stop: int | None = None) -> list[Recorded]:
        """Return the events above a position, up to `stop`, in the log's order. It blocks: call it in a thread.

        It ends before an event that can't be read; raises `UnreadableEventError` if that is the first.
        """
        found: list[Recorded] = []
        for notification in self._recorder.select_notifications(after, limit, stop, inclusive_of_start=False):
            try:
                found.append(self._mapper.restore(notification))
            except UnreadableEventError:
                if not found:
                    raise
                break
        return found

    async def first_of(self, topic: str) -> Recorded | None:
        """Return the oldest event of a type."""
        found = await asyncio.to_thread(self._recorder.select_notifications, None, 1, None, [topic])
        return self._mapper.restore(found[0]) if found else None

    def moved_above(self, position: int, limit: int) -> list[Moved]:
        """Return which streams moved above a position, in the log's order. It blocks: call it in a thread."""
        return self._recorder.select_moved(position, limit)

    def head(self) -> int:
        """Return the position of the newest event, 0 in an empty store. It blocks: call it in a thread."""
        return self._recorder.max_notification_id() or 0

    def close(self) -> None:
        """Store what is queued and end the committer."""
        self._committer.close()
