"""The event store: decide on current state, append atomically, load. `log` reads stored events.

A command's decision reads streams and emits events. Both go into one append, which succeeds only if none of the streams has moved
in the meantime. Otherwise, the command decides again. The same check applies to refusals and to commands that change nothing. So
every command decides on everything that was acknowledged before it, in any number of processes.

States are cached. A decision's own events are folded into the cache when it is submitted, before they are stored. So commands on
one stream don't wait for each other and can share a batch. If an append fails, all appends that were decided on its events fail too
(`Append.after`), and their commands decide again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from functools import partial
from random import random
from sys import maxsize
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from msgspec import Struct

from groupchat.store import answers
from groupchat.store.answers import IdempotencyKey, StoredAnswer
from groupchat.store.append import Append, Conflict, Result
from groupchat.store.applying import Applying
from groupchat.store.committer import Committer, Observe, finish
from groupchat.store.database import DATABASE_ERRORS, Database
from groupchat.store.decision import Decision, Ids, StreamKind, StreamReader
from groupchat.store.last_try import LONGEST_SECONDS, LockedStreams, under_lock
from groupchat.store.log import Log
from groupchat.store.mapper import EventMapper
from groupchat.store.positions import Statuses
from groupchat.store.recorder import Moved, Recorder
from groupchat.store.refusals import OverloadedError, UnavailableError, VersionConflictError
from groupchat.store.signals import Signals
from groupchat.store.states import CACHED_STREAMS, States
from groupchat.store.terms import NO_TERMS, AnsweredBeforeError, StaleAnswerError, Terms
from groupchat.values.carriers import NO_CARRIERS, KnownCarriers
from groupchat.values.clock import Clock, utc_now
from groupchat.values.errors import RefusalError
from groupchat.values.event import Cause, Recorded

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")

MAX_WAITING = 10_000
"""The number of appends that may wait for a transaction. Further ones are rejected."""
PATIENCE_SECONDS = 30.0
"""The time that a command waits for its append."""
_FIRST_PAUSE = 0.002


class Tries(Struct, frozen=True, kw_only=True):
    """How often a command decides: `free` tries keep no other command waiting; the last one may take `last_seconds`."""

    free: int = 8
    last_seconds: float = LONGEST_SECONDS


TRIES = Tries()


class Outcome(Struct, Generic[T], frozen=True):
    """A command's result, the events that it stored, and the position that a reader must have reached to see them."""

    value: T
    events: tuple[Recorded, ...]
    position: int


class _Running(Struct, Generic[T], frozen=True):
    """A running command: everything that its tries have in common."""

    cause: Cause
    terms: Terms
    command: Callable[[Decision], Awaitable[T]]
    ids: Ids


class _Tried(Struct, Generic[T], frozen=True):
    """The result of a try if its append succeeds: a value or a refusal."""

    decision: Decision
    value: Any
    refusal: RefusalError | None
    keep: StoredAnswer | None

    def outcome(self, position: int) -> Outcome[T]:
        """Return the outcome of the stored append; raises the refusal."""
        if self.refusal is not None:
            raise self.refusal
        return Outcome(self.value, tuple(self.decision.emitted), position)


class EventStore:
    """Owns the recorder, the committer and the cached states. Its coroutines belong to one event loop, the rest to any thread."""

    def __init__(
        self,
        database: Database,
        signals: Signals,
        *,
        clock: Clock = utc_now,
        max_waiting: int = MAX_WAITING,
        patience: float = PATIENCE_SECONDS,
        cached_streams: int = CACHED_STREAMS,
        tries: Tries = TRIES,
    ) -> None:
        self.database = database
        self.signals = signals
        self._clock = clock
        self._carriers = NO_CARRIERS
        self._max_waiting = max_waiting
        self._patience = patience
        self._tries = tries
        self._recorder = Recorder(database)
        self._mapper = EventMapper()
        self.log = Log(self._recorder, self._mapper)
        self.statuses = Statuses(database)
        self.applying = Applying(database)
        self._committer = Committer(self._recorder, signals.stored)
        self._states = States(self._recorder, self._mapper, cached_streams)

    @property
    def waiting(self) -> int:
        """The number of appends that wait for a transaction."""
        return self._committer.waiting

    @property
    def overloaded(self) -> bool:
        """Whether too many appends are waiting to accept another one."""
        return self.waiting >= self._max_waiting

    def observe(self, observe: Observe) -> None:
        """Report every batch of appends to an observer."""
        self._committer.observe = observe

    def know(self, carriers: KnownCarriers) -> None:
        """Let decisions ask what these carriers take (R43)."""
        self._carriers = carriers

    @property
    def carriers(self) -> KnownCarriers:
        """The carriers that decisions know."""
        return self._carriers

    def now(self) -> datetime:
        """Return the time by the store's clock."""
        return self._clock()

    # --- deciding

    async def run(
        self, cause: Cause, command: Callable[Concatenate[Decision, P], Awaitable[T]], *args: P.args, **given: P.kwargs
    ) -> Outcome[T]:
        """Run a command until its decision succeeds: `await store.run(who.cause(), change_group, who, conversation_id, name)`.

        A command that keeps losing to others decides while they wait. Raises the command's refusal, `VersionConflictError` if that
        takes too long, `UnavailableError` if the database fails or does not respond in time, and `OverloadedError` if too many
        appends are waiting.
        """
        return await self.run_under(NO_TERMS, cause, command, *args, **given)

    async def run_under(
        self,
        terms: Terms,
        cause: Cause,
        command: Callable[Concatenate[Decision, P], Awaitable[T]],
        *args: P.args,
        **given: P.kwargs,
    ) -> Outcome[T]:
        """Run a command on a request's terms.

        Raises the same errors as `run`, `PreconditionFailedError`, `AnsweredBeforeError` if the request's key has a response
        already, and `LeaseLostError` if the worker has lost its lease.
        """
        running = _Running(cause, terms, lambda decision: command(decision, *args, **given), Ids())
        for attempt in range(self._tries.free):
            tried = await self._try(running, self._states)
            position = None if tried is None or self._states.has_moved(tried.decision) else await self._append(tried, terms)
            if tried is not None and position is not None:
                return tried.outcome(position)
            await _pause(attempt)
        return await self._try_last(running)

    async def _try(self, running: "_Running[T]", streams: StreamReader) -> "_Tried[T] | None":
        """Let a command decide; return none if its answer can't be returned yet."""
        decision = Decision(running.cause, self._clock(), streams, running.ids, self._carriers)
        try:
            value = await running.command(decision)
            return _Tried(decision, value, None, running.terms.settle(decision, value))
        except RefusalError as refusal:
            if not decision.read:
                raise
            decision.emitted = []
            return _Tried(decision, None, refusal, None)
        except StaleAnswerError:
            return None

    async def _append(self, tried: "_Tried[Any]", terms: Terms) -> int | None:
        """Return the position, or none after a conflict."""
        append = self._append_of(tried, terms)
        append.after = self._states.rests_on(tried.decision)
        self._refuse_overload()
        self._states.foresee(tried.decision, append)
        return await self._stored(append, partial(self._states.learn, tried.decision, append))

    async def _stored(self, append: Append, then: Callable[[], None]) -> int | None:
        """Let an append be stored; return the position, or none after a conflict.

        `then` is called when the append is done, even if no caller waits for it any more.
        """
        done = self._committer.submit(append, then)
        patience = asyncio.get_running_loop().call_later(self._patience, finish, done)
        try:
            await done
        finally:
            patience.cancel()
        return self._position(append.outcome)

    async def _try_last(self, running: "_Running[T]") -> Outcome[T]:
        """Let a command decide while all other writers wait (`last_try.py`)."""
        tries: list[_Tried[T]] = []

        async def decide(streams: LockedStreams) -> Append:
            tried = await self._try(running, streams)
            if tried is None:
                raise VersionConflictError
            tries.append(tried)
            return self._append_of(tried, running.terms)

        append = Append((), {}, fence=running.terms.fence)
        append.decide = under_lock(asyncio.get_running_loop(), self._states, self._mapper, decide, self._tries.last_seconds)
        self._refuse_overload()
        position = await self._stored(append, lambda: self._states.mark_stale(Moved(0, each, maxsize) for each in append.expected))
        if position is None:
            raise VersionConflictError
        return tries[-1].outcome(position)

    def _append_of(self, tried: "_Tried[Any]", terms: Terms) -> Append:
        decision = tried.decision
        events = [self._mapper.store(r.event, r.stream, r.version, r.at, r.cause) for r in decision.emitted]
        return Append(events=events, expected=decision.read, passing=decision.passing, keep=tried.keep, fence=terms.fence)

    def _refuse_overload(self) -> None:
        if self.overloaded:
            msg = "The database is slower than the incoming requests. Nothing was stored. Try again soon."
            raise OverloadedError(msg)

    def _position(self, outcome: Result) -> int | None:
        if isinstance(outcome, int):
            return outcome
        if isinstance(outcome, Conflict):
            return None
        if isinstance(outcome, StoredAnswer):
            raise AnsweredBeforeError(outcome)
        if outcome is None or isinstance(outcome, DATABASE_ERRORS):
            msg = (
                "The database can't be reached at the moment, and your change may have been stored. Check before you repeat it "
                "without an Idempotency-Key."
            )
            raise UnavailableError(msg) from outcome
        raise outcome

    def mark_stale(self, moved: Iterable[Moved]) -> None:
        """Mark streams that another process has moved, so that they are read at their next use."""
        self._states.mark_stale(moved)

    def distrust(self) -> None:
        """Mark all cached streams to be read at their next use, because other processes may have stored anything."""
        self._states.mark_all_stale()

    @property
    def has_nothing_cached(self) -> bool:
        """Whether no stream is cached or being read, so that nothing can be outdated."""
        return self._states.is_empty

    async def answer_to(self, key: IdempotencyKey) -> StoredAnswer | None:
        """Return the response that is stored under a user's key, for any request; none if there is none."""

        def look() -> StoredAnswer | None:
            with self.database.read() as connection:
                return answers.find(connection, [key]).get(key.name)

        return await asyncio.to_thread(look)

    # --- loading

    async def load(self, kind: StreamKind[S, Any], stream: str) -> S | None:
        """Return a stream's state as far as this process knows. A decision on it must go through `run`."""
        if not stream.startswith(kind.prefix):
            return None
        return (await self._states.load_all(kind, [stream]))[stream].state

    def remembered(self, kind: StreamKind[S, Any], stream: str) -> S | None:
        """Return a stream's state from memory; none if it is not there, or known to have moved."""
        loaded = self._states.peek(stream) if stream.startswith(kind.prefix) else None
        return None if loaded is None else loaded.state

    async def load_fresh(self, kind: StreamKind[S, Any], stream: str) -> S | None:
        """Return a stream's state with all stored events, for reading."""
        if not stream.startswith(kind.prefix):
            return None
        known = self._states.settled(stream)
        state: S | None = known.state
        for recorded in await asyncio.to_thread(self.log.stream, stream, after=known.version):
            state = kind.evolve(state, recorded)
        return state

    def close(self) -> None:
        """Store the queued appends and end the committer."""
        self._committer.close()


async def _pause(attempt: int) -> None:
    """Wait for a short random time, so that one of several competing commands comes first."""
    await asyncio.sleep(random() * _FIRST_PAUSE * attempt)  # noqa: S311 - not a secret
