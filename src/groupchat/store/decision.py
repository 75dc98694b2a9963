"""A decision: the streams it read, with their versions, and the events it wants to store."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any, Generic, Protocol, TypeVar, cast

from msgspec import Struct

from groupchat.store.append import Append
from groupchat.values.carriers import NO_CARRIERS, KnownCarriers
from groupchat.values.errors import NotFoundError
from groupchat.values.event import Cause, Event, Recorded
from groupchat.values.ids import new_id

S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)
C = TypeVar("C")
C_contra = TypeVar("C_contra", contravariant=True)


class StreamKind(Struct, Generic[S_co, C_contra], frozen=True):
    """A kind of stream: the prefix of its ids, the fold of its events, and the function that decides its commands.

    An id with another prefix names no stream of this kind.
    """

    prefix: str
    evolve: Callable[[S_co | None, Recorded], S_co | None]
    decide: Callable[[C_contra, S_co | None], list[Event]]


class Loaded(Struct, Generic[S], frozen=True):
    """A stream folded up to a version; `at` is the time of its last event, `rests_on` the unfinished append that stores it."""

    state: S | None = None
    version: int = 0
    at: datetime | None = None
    rests_on: Append | None = None


class StreamReader(Protocol):
    """The source of a decision's streams."""

    def glance(self, stream: str, since: int) -> Loaded[Any] | None:
        """Return a stream from memory if it is there from that version on, even if it is known to have moved on."""

    def peek(self, stream: str) -> Loaded[Any] | None:
        """Return a stream from memory; none if it is not there, or known to have moved."""

    async def load_all(self, kind: StreamKind[S, Any], streams: Sequence[str]) -> dict[str, Loaded[S]]:
        """Return several streams."""

    async def newest(self, stream: str, topics: Sequence[str], limit: int) -> list[Recorded]:
        """Return a stream's newest events of these types, the newest first."""


class Ids:
    """The ids that one run creates. The n-th id with a prefix is the same in each of its tries."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, int], str] = {}

    def nth(self, prefix: str, n: int) -> str:
        """Return the n-th id with a prefix."""
        if (prefix, n) not in self._made:
            self._made[prefix, n] = new_id(prefix)
        return self._made[prefix, n]


class Decision:
    """One try of a command. It loads streams, remembers their versions, and gathers events, which later loads include."""

    def __init__(self, cause: Cause, now: datetime, streams: StreamReader, ids: Ids, carriers: KnownCarriers = NO_CARRIERS) -> None:
        self.cause = cause
        """The envelope of what is emitted next; a decision on several things may set it for each."""
        self.now = now
        self.carriers = carriers
        self._streams = streams
        self._ids = ids
        self._drawn: defaultdict[str, count[int]] = defaultdict(count)
        self._new = set[str]()
        """The ids that this decision made. Their streams are empty, so they are not read."""
        self._loaded: dict[str, Loaded[object]] = {}
        self.began_from: dict[str, Loaded[object]] = {}
        """The streams that were read, as they were then."""
        self.passing: dict[str, frozenset[str]] = {}
        """The streams that may have moved since, and by which types of events."""
        self.emitted: list[Recorded] = []

    def new_id(self, prefix: str) -> str:
        """Return a new id such as `cnv_...`. A command that is tried again gets the same ids in the same order."""
        id_ = self._ids.nth(prefix, next(self._drawn[prefix]))
        self._new.add(id_)
        return id_

    async def take(self, kind: StreamKind[S, C], stream: str, command: C) -> list[Event]:
        """Let a stream's aggregate decide a command, and emit the resulting events; return them.

        Raises the aggregate's refusal.
        """
        events = kind.decide(command, await self.load(kind, stream))
        self._emit(kind, stream, events)
        return events

    async def load(self, kind: StreamKind[S, Any], stream: str) -> S | None:
        """Return a stream's state; none if it has no events or is of another kind."""
        if not stream.startswith(kind.prefix):
            return None
        self.passing.pop(stream, None)
        known = self._loaded.get(stream) or self._note(stream, self._streams.peek(stream))
        return (await self.load_many(kind, [stream]))[0] if known is None else cast("S | None", known.state)

    async def load_past(self, kind: StreamKind[S, Any], stream: str, passing: frozenset[str], since: int) -> S | None:
        """Return a stream's state as of some version, `since` or later, past which only events of these types may be stored.

        If another one was stored, the command decides again. The part of the state that the decision uses must not depend on events
        of these types.
        """
        await self.load_pasts(kind, {stream: since}, passing)
        return (await self.load_many(kind, [stream]))[0]

    async def load_pasts(self, kind: StreamKind[Any, Any], since: Mapping[str, int], passing: frozenset[str]) -> None:
        """Load several streams as `load_past` does, for later calls of it. One query reads all those that are not in memory."""
        missing = []
        for stream, version in since.items():
            if stream not in self._loaded:
                if self._note(stream, self._streams.glance(stream, version)) is not None:
                    self.passing[stream] = passing
                else:
                    missing.append(stream)
        await self.load_many(kind, missing)

    async def load_many(self, kind: StreamKind[S, Any], streams: Iterable[str]) -> list[S | None]:
        """Return the states of several streams, in their order."""
        asked = list(streams)
        if any("\0" in stream for stream in asked):
            msg = "No id has a NUL character."
            raise NotFoundError(msg)
        ours = [stream for stream in dict.fromkeys(asked) if stream.startswith(kind.prefix)]
        missing = [stream for stream in ours if stream not in self._loaded]
        for stream in self._new.intersection(missing):
            self._note(stream, Loaded())
            missing.remove(stream)
        if missing:
            for stream, loaded in (await self._streams.load_all(kind, missing)).items():
                self._note(stream, loaded)
        states = {stream: cast("S | None", self._loaded[stream].state) for stream in ours}
        return [states.get(stream) for stream in asked]

    async def newest(self, kind: StreamKind[Any, Any], stream: str, events: Sequence[type[Event]], limit: int) -> list[Recorded]:
        """Return a stream's newest events of these types, the newest first. If the stream has moved, the command decides again."""
        await self.load(kind, stream)
        ours = [each for each in reversed(self.emitted) if each.stream == stream and isinstance(each.event, tuple(events))]
        return [*ours, *await self._streams.newest(stream, [event.TOPIC for event in events], limit)][:limit]

    def _note(self, stream: str, loaded: Loaded[Any] | None) -> Loaded[Any] | None:
        """Note a stream that was read, if it was there; return it."""
        if loaded is not None:
            self._loaded[stream] = loaded
            self.began_from[stream] = loaded
        return loaded

    async def time_in(self, kind: StreamKind[Any, Any], stream: str) -> datetime:
        """Return the time of a stream's next event."""
        await self.load(kind, stream)
        return self._time_after(self._loaded[stream])

    def _time_after(self, before: Loaded[Any]) -> datetime:
        """Return the present time, but never one before a stream's last event (R32)."""
        return self.now if before.at is None else max(self.now, before.at)

    def _emit(self, kind: StreamKind[S, Any], stream: str, events: Iterable[Event]) -> None:
        """Gather events of a stream that was loaded before."""
        for event in events:
            before = cast("Loaded[S]", self._loaded[stream])
            at = self._time_after(before)
            recorded = Recorded(event=event, stream=stream, version=before.version + 1, position=0, at=at, cause=self.cause)
            self._loaded[stream] = Loaded(kind.evolve(before.state, recorded), recorded.version, at)
            self.emitted.append(recorded)

    @property
    def read(self) -> dict[str, int]:
        """The version of every stream that was read."""
        return {stream: loaded.version for stream, loaded in self.began_from.items()}

    @property
    def written(self) -> set[str]:
        """The streams that events were emitted to."""
        return {recorded.stream for recorded in self.emitted}

    def outcome_of(self, stream: str) -> Loaded[object]:
        """Return a stream together with the events emitted to it."""
        return self._loaded[stream]
