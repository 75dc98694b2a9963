"""The log's tail in memory: of several readers at the log's end, one reads and decodes an event, and the others share it."""

from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from threading import Lock

from msgspec import Struct

from groupchat.store.mapper import UnreadableEventError
from groupchat.values.event import Recorded

KEPT = 5_000


class Piece(Struct, frozen=True):
    """Consecutive events of the log, and whether the log ended with them when they were read.

    Their number does not show that: a piece is also short before an unreadable event, and a full one may be the last.
    """

    events: Sequence[Recorded]
    at_end: bool


Read = Callable[[int, int], Piece]
"""Reads from the database: the events above a position, at most so many."""


class Tail:
    """The events that were read last, without gaps."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._lock = Lock()
        self._events: deque[Recorded] = deque(maxlen=KEPT)

    def after(self, position: int, limit: int) -> Piece:
        """Return the events above a position, at most `limit`; events that are not in memory are read."""
        with self._lock:
            if not (self._events and position < self._events[0].position - 1):
                return self._filled_up(position, limit)
        return self._read(position, limit)  # a reader that is far behind doesn't delay readers at the log's end

    def held(self, position: int, limit: int) -> Sequence[Recorded]:
        """Return the events above a position that are in memory: none if the next one isn't."""
        with self._lock:
            return self._held(position, limit) if self._events and position >= self._events[0].position - 1 else ()

    def _held(self, position: int, limit: int) -> list[Recorded]:
        skipped = position - self._events[0].position + 1 if self._events else 0
        return list(islice(self._events, skipped, skipped + limit))

    def _filled_up(self, position: int, limit: int) -> Piece:
        held = self._held(position, limit)
        if len(held) == limit:
            return Piece(held, at_end=False)
        try:
            new = self._read(held[-1].position if held else position, limit - len(held))
        except UnreadableEventError:
            if not held:
                raise
            return Piece(held, at_end=False)
        self._keep(new.events)
        return Piece([*held, *new.events], new.at_end)

    def _keep(self, events: Sequence[Recorded]) -> None:
        if self._events and events and events[0].position != self._events[-1].position + 1:
            self._events.clear()
        self._events.extend(events)
