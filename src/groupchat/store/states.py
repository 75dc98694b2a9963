"""States in memory: the folded streams that decisions start from.

A decision's own events are folded in when it is submitted, before they are stored; until then, `Loaded.rests_on` names the append
that stores them. A stream that is known to have moved is `stale`: its tail is read at its next use. The least recently read streams
are dropped, but a decision keeps all streams that it has read. A cache belongs to one event loop.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from sys import maxsize
from typing import Any, TypeVar

from eventsourcing.persistence import Notification, StoredEvent
from msgspec import Struct
from msgspec.structs import replace

from groupchat.store.append import Append, Conflict
from groupchat.store.database import DATABASE_ERRORS
from groupchat.store.decision import Decision, Loaded, StreamKind
from groupchat.store.mapper import EventMapper, UnreadableEventError
from groupchat.store.recorder import Moved, Recorder
from groupchat.store.refusals import UnavailableError
from groupchat.values.event import Recorded

S = TypeVar("S")

CACHED_STREAMS = 20_000
"""The number of streams in memory, not counting those that are being stored."""


class _Cached(Struct):
    loaded: Loaded[Any]
    stale: bool = False
    refuted: bool = False
    """Whether a decision on it had a conflict, which another stream may have caused."""

    @property
    def waits(self) -> bool:
        return self.loaded.rests_on is not None


class _Read(Struct, frozen=True):
    """The result of one read: the streams, and the errors of unreadable streams."""

    found: dict[str, Loaded[Any]]
    unreadable: dict[str, UnreadableEventError]


class States:
    """The cache, and the loading of streams that are not in it."""

    def __init__(self, recorder: Recorder, mapper: EventMapper, capacity: int = CACHED_STREAMS) -> None:
        self._recorder = recorder
        self._mapper = mapper
        self._capacity = capacity
        self._cache: dict[str, _Cached] = {}
        self._wanted: dict[str, StreamKind[Any, Any]] = {}
        self._announced: dict[str, int] = {}
        self._reading: dict[str, asyncio.Future[_Read]] = {}

    # --- loading

    def peek(self, stream: str) -> Loaded[Any] | None:
        """Return a stream from memory; none if it is not there, or known to have moved."""
        cached = self._cache.get(stream)
        return None if cached is None or cached.stale else self._used(stream)

    def glance(self, stream: str, since: int) -> Loaded[Any] | None:
        """Return a stream from memory if it is there from that version on, even if it is known to have moved on.

        After a conflict, it must be read again first.
        """
        cached = self._cache.get(stream)
        return None if cached is None or cached.refuted or cached.loaded.version < since else self._used(stream)

    def _used(self, stream: str) -> Loaded[Any]:
        """Return a stream from memory, and keep it there for longer than those that were used before."""
        cached = self._cache[stream] = self._cache.pop(stream)
        return cached.loaded

    def settled(self, stream: str) -> Loaded[Any]:
        """Return a stream from memory as far as it is stored; nothing if that is unknown."""
        cached = self._cache.get(stream)
        return Loaded() if cached is None or cached.waits else cached.loaded

    async def load_all(self, kind: StreamKind[S, Any], streams: Sequence[str]) -> dict[str, Loaded[S]]:
        """Return several streams, from memory if they are there. Their number may exceed the size of the cache."""
        found: dict[str, Loaded[S]] = {}
        while True:
            found |= {stream: loaded for stream in streams if stream not in found and (loaded := self.peek(stream)) is not None}
            missing = [stream for stream in streams if stream not in found]
            if not missing:
                return {stream: found[stream] for stream in streams}
            found |= await self._fetch(kind, missing)

    async def newest(self, stream: str, topics: Sequence[str], limit: int) -> list[Recorded]:
        """Return a stream's newest events of these types, the newest first: those that are being stored, and stored ones."""
        unstored = [self._mapper.restore(event) for event in self._unstored(stream) if event.topic in topics]
        stored = await self.newest_stored(stream, topics, limit)  # by now, some of the others may be among them
        events = {each.version: each for each in (*unstored, *stored)}
        return [events[version] for version in sorted(events, reverse=True)[:limit]]

    async def newest_stored(self, stream: str, topics: Sequence[str], limit: int) -> list[Recorded]:
        """Return a stream's newest stored events of these types, the newest first. They are not cached."""
        try:
            found = await asyncio.to_thread(self._recorder.select_events, stream, desc=True, limit=limit, topics=topics)
        except DATABASE_ERRORS as error:
            raise _unavailable() from error
        return [self._mapper.restore(event) for event in found]

    def _unstored(self, stream: str) -> Iterator[StoredEvent]:
        """Return a stream's events that are being stored: those of the append that its state rests on, and of the ones before."""
        cached = self._cache.get(stream)
        waiting = [] if cached is None or cached.loaded.rests_on is None else [cached.loaded.rests_on]
        seen = set[int]()
        while waiting:
            append = waiting.pop()
            if id(append) not in seen:
                seen.add(id(append))
                waiting.extend(append.after)
                yield from (event for event in append.events if event.originator_id == stream)

    async def _fetch(self, kind: StreamKind[S, Any], streams: Sequence[str]) -> dict[str, Loaded[S]]:
        """Read streams that are not in memory, each by one reader at a time; simultaneous requests share a query.

        Streams that moved while they were read are not returned.
        """
        for stream in streams:
            if stream not in self._reading:
                reader = self._reading[next(iter(self._wanted))] if self._wanted else asyncio.ensure_future(self._read_wanted())
                self._wanted[stream], self._reading[stream] = kind, reader
        readers = {self._reading[stream] for stream in streams}
        await asyncio.wait(readers)
        asked, found = set(streams), dict[str, Loaded[S]]()
        for read in [reader.result() for reader in readers]:
            for stream in asked & read.unreadable.keys():
                raise read.unreadable[stream]
            found |= {stream: read.found[stream] for stream in asked & read.found.keys()}
        return found

    async def _read_wanted(self) -> _Read:
        await asyncio.sleep(0)
        wanted, self._wanted = self._wanted, {}
        try:
            return await self._read(wanted)
        finally:
            for stream in wanted:
                del self._reading[stream]
                self._announced.pop(stream, None)

    async def _read(self, wanted: Mapping[str, StreamKind[Any, Any]]) -> _Read:
        """Read streams into memory. An unreadable stream fails only its own readers."""
        folded = {stream: self.settled(stream) for stream in wanted}
        try:
            tails = {stream: loaded.version for stream, loaded in folded.items()}
            notifications = await asyncio.to_thread(self._recorder.select_tails, tails)
        except DATABASE_ERRORS as error:
            raise _unavailable() from error
        unreadable = fold_tails(self._mapper, wanted, folded, notifications)
        found = {stream: loaded for stream, loaded in folded.items() if stream not in unreadable}
        moved = {stream for stream, loaded in found.items() if loaded.version < self._announced.get(stream, 0)}
        self._cache |= {stream: _Cached(loaded, stale=stream in moved) for stream, loaded in found.items()}
        self._evict()
        return _Read({stream: loaded for stream, loaded in found.items() if stream not in moved}, unreadable)

    def _evict(self) -> None:
        """Drop the least recently used streams, except those that are being stored."""
        for _ in range(len(self._cache) - self._capacity):
            oldest = next(iter(self._cache))
            cached = self._cache.pop(oldest)
            if cached.loaded.rests_on is not None and cached.loaded.rests_on.outcome is None:
                self._cache[oldest] = cached

    # --- deciding on unstored events

    def has_moved(self, decision: Decision) -> bool:
        """Return whether a stream that a decision read is known to have moved since.

        Comparing versions is not sufficient: a version that rested on a failed append may have been another state.
        """
        return any(self._has_moved(stream, loaded, decision) for stream, loaded in decision.began_from.items())

    def _has_moved(self, stream: str, loaded: Loaded[Any], decision: Decision) -> bool:
        if loaded.rests_on is not None and not isinstance(loaded.rests_on.outcome, int | None):
            return True
        if stream in decision.passing:
            return False
        cached = self._cache.get(stream)
        return cached is not None and (cached.stale or cached.loaded.version != loaded.version)

    def rests_on(self, decision: Decision) -> list[Append]:
        """Return the unfinished appends on which a decision's reads rest."""
        waited_for = {id(append): append for loaded in decision.began_from.values() if (append := loaded.rests_on)}
        return [append for append in waited_for.values() if not isinstance(append.outcome, int)]

    def foresee(self, decision: Decision, append: Append) -> None:
        """Fold in the events that a decision wants to store. `learn` completes this when the append is done."""
        for stream in decision.written:
            self._cache[stream] = _Cached(replace(decision.outcome_of(stream), rests_on=append))

    def learn(self, decision: Decision, append: Append) -> None:
        """Update the cache after an append has succeeded or failed."""
        append.after = ()  # otherwise each append would keep all earlier ones in memory
        written = {stream: self._cache[stream] for stream in decision.written if stream in self._cache}
        if isinstance(append.outcome, int):
            for cached in written.values():
                if cached.loaded.rests_on is append:
                    cached.loaded = replace(cached.loaded, rests_on=None)
            return
        for stream in written:
            del self._cache[stream]
        if isinstance(append.outcome, Conflict):
            for stream in decision.read.keys() & self._cache.keys():
                self._cache[stream].stale = self._cache[stream].refuted = True

    @property
    def is_empty(self) -> bool:
        """Whether no stream is cached or being read."""
        return not self._cache and not self._reading

    def mark_stale(self, moved: Iterable[Moved]) -> None:
        """Mark streams that another process has moved, so that they are read at their next use."""
        for each in moved:
            if each.stream in self._reading:  # that read may have been too early
                self._announced[each.stream] = each.version
            cached = self._cache.get(each.stream)
            if cached is not None and not cached.waits and cached.loaded.version < each.version:
                cached.stale = True

    def mark_all_stale(self) -> None:
        """Mark all streams to be read at their next use. Appends that are being stored check their own reads."""
        self._announced |= dict.fromkeys(self._reading, maxsize)
        for cached in self._cache.values():
            cached.stale = cached.stale or not cached.waits


def _unavailable() -> UnavailableError:
    return UnavailableError("The database can't be reached at the moment. Try again.")


def fold_tails(
    mapper: EventMapper,
    kinds: Mapping[str, StreamKind[Any, Any]],
    folded: dict[str, Loaded[Any]],
    tails: Iterable[Notification],
) -> dict[str, UnreadableEventError]:
    """Fold the events above the known version of each stream; return the errors of unreadable streams."""
    unreadable: dict[str, UnreadableEventError] = {}
    for notification in tails:
        try:
            recorded = mapper.restore(notification)
        except UnreadableEventError as error:
            unreadable[str(notification.originator_id)] = error
            continue
        before = folded[recorded.stream]
        folded[recorded.stream] = Loaded(kinds[recorded.stream].evolve(before.state, recorded), recorded.version, recorded.at)
    return unreadable
