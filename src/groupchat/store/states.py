"""States in memory: the folded streams that decisions start from.

A decision's own events are folded in when it is submitted, not when it is stored; until then `pending` says on which append the
state rests. What turns out to have moved is `stale`: its tail is read at its next use. All of this belongs to one event loop.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct

from groupchat.store.database import DATABASE_ERRORS
from groupchat.store.decision import Decision, Kind, Loaded
from groupchat.store.mapper import EventMapper, UnreadableEventError
from groupchat.store.recorder import Append, Conflict, Moved, Recorder
from groupchat.store.refusals import UnavailableError

S = TypeVar("S")

CACHED_STREAMS = 50_000


class _Cached(Struct):
    loaded: Loaded[Any]
    pending: Append | None = None
    stale: bool = False


class States:
    """The cache, and the reading of what is not in it."""

    def __init__(self, recorder: Recorder, mapper: EventMapper, capacity: int = CACHED_STREAMS) -> None:
        self._recorder = recorder
        self._mapper = mapper
        self._capacity = capacity
        self._cache: dict[str, _Cached] = {}
        self._wanted: dict[str, Kind[Any, Any]] = {}
        self._announced: dict[str, int] = {}
        self._reading: dict[str, asyncio.Future[dict[str, UnreadableEventError]]] = {}

    # --- loading

    def peek(self, stream: str) -> Loaded[Any] | None:
        """Return a stream from memory; none if it is not there, or known to have moved on."""
        cached = self._cache.get(stream)
        if cached is None or cached.stale:
            return None
        self._cache[stream] = self._cache.pop(stream)  # the newest use is at the end
        return cached.loaded

    def settled(self, stream: str) -> Loaded[Any]:
        """Return a stream from memory as far as it is stored; nothing where that is not known."""
        cached = self._cache.get(stream)
        return cached.loaded if cached is not None and cached.pending is None else Loaded()

    async def load_all(self, kind: Kind[S, Any], streams: Sequence[str]) -> dict[str, Loaded[S]]:
        """Return several streams, from memory where they are there. The cache grows to what one decision asks for at once."""
        self._capacity = max(self._capacity, 2 * len(streams))
        while True:
            found = {stream: loaded for stream in streams if (loaded := self.peek(stream)) is not None}
            missing = [stream for stream in streams if stream not in found]
            if not missing:
                return found
            await self._fetch(kind, missing)

    async def _fetch(self, kind: Kind[Any, Any], streams: Sequence[str]) -> None:
        """Read what is not in memory, each stream by one reader at a time; what is asked for at once is read at once."""
        for stream in streams:
            if stream not in self._reading:
                reader = self._reading[next(iter(self._wanted))] if self._wanted else asyncio.ensure_future(self._read_wanted())
                self._wanted[stream], self._reading[stream] = kind, reader
        readers = {self._reading[stream] for stream in streams}
        await asyncio.wait(readers)
        for unreadable in [reader.result() for reader in readers]:
            for stream in streams:
                if stream in unreadable:
                    raise unreadable[stream]

    async def _read_wanted(self) -> dict[str, UnreadableEventError]:
        await asyncio.sleep(0)
        wanted, self._wanted = self._wanted, {}
        try:
            return await self._read(wanted)
        finally:
            for stream in wanted:
                del self._reading[stream]
                self._announced.pop(stream, None)

    async def _read(self, wanted: Mapping[str, Kind[Any, Any]]) -> dict[str, UnreadableEventError]:
        """Read streams into memory; return those that can't be read, which fail nobody who asked for others."""
        folded = {stream: self.settled(stream) for stream in wanted}
        try:
            tails = {stream: loaded.version for stream, loaded in folded.items()}
            notifications = await asyncio.to_thread(self._recorder.select_tails, tails)
        except DATABASE_ERRORS as error:
            msg = "The database can't be reached at the moment. Try again."
            raise UnavailableError(msg) from error
        unreadable: dict[str, UnreadableEventError] = {}
        for notification in notifications:
            try:
                recorded = self._mapper.restore(notification)
            except UnreadableEventError as error:
                unreadable[str(notification.originator_id)] = error
                continue
            state = wanted[recorded.stream].evolve(folded[recorded.stream].state, recorded)
            folded[recorded.stream] = Loaded(state, recorded.version, recorded.at)
        for stream, loaded in folded.items():
            if stream not in unreadable:
                self._cache[stream] = _Cached(loaded, stale=loaded.version < self._announced.get(stream, 0))
        for _ in range(len(self._cache) - self._capacity):
            self._evict()
        return unreadable

    def _evict(self) -> None:
        oldest = next(iter(self._cache))
        cached = self._cache.pop(oldest)
        if cached.pending is not None and cached.pending.outcome is None:  # on its way to the disk: keep it, as the newest
            self._cache[oldest] = cached

    # --- deciding upon what is not stored yet

    def has_moved(self, decision: Decision) -> bool:
        """Tell whether something that a decision read is known to have moved since.

        The same version is not enough: what rested on an append that failed may have been another state of it.
        """
        return any(self._has_moved(stream, loaded) for stream, loaded in decision.began_from.items())

    def _has_moved(self, stream: str, loaded: Loaded[Any]) -> bool:
        cached = self._cache.get(stream)
        return cached is None or cached.stale or cached.loaded is not loaded

    def rests_on(self, decision: Decision) -> list[Append]:
        """Return the appends on which what a decision read rests, as far as they are not stored."""
        pending = [cached.pending for stream in decision.read if (cached := self._cache.get(stream)) and cached.pending]
        return [append for append in pending if not isinstance(append.outcome, int)]

    def foresee(self, decision: Decision, append: Append) -> None:
        """Fold in what a decision wants stored; `learn` tells what became of it."""
        for stream in decision.written:
            cached = self._cache[stream]
            cached.loaded, cached.pending = decision.outcome_of(stream), append

    def learn(self, decision: Decision, append: Append) -> None:
        """Bring the cache in line with what became of an append."""
        if isinstance(append.outcome, int):
            for stream in decision.written:
                if (cached := self._cache.get(stream)) is not None and cached.pending is append:
                    cached.pending = None
            return
        for stream in decision.written:
            self._cache.pop(stream, None)
        if isinstance(append.outcome, Conflict):
            for stream in decision.read:
                if cached := self._cache.get(stream):
                    cached.stale = True

    def mark_all_stale(self) -> None:
        """Let all that is stored be read at its next use."""
        for cached in self._cache.values():
            cached.stale = cached.stale or cached.pending is None

    def mark_stale(self, moved: Iterable[Moved]) -> None:
        """Let what another process has moved be read at its next use."""
        for each in moved:
            if each.stream in self._reading:  # that reading may have been too early
                self._announced[each.stream] = each.version
            cached = self._cache.get(each.stream)
            if cached is not None and cached.pending is None and cached.loaded.version < each.version:
                cached.stale = True
