"""The log's tail in memory: of several followers at the log's end, one reads and decodes an event, the others share it."""

from collections import deque
from collections.abc import Callable
from itertools import islice
from threading import Lock

from groupchat.values.event import Recorded

KEPT = 5_000

Read = Callable[[int, int], list[Recorded]]
"""Reads from the database: the events above a position, at most so many."""


class Tail:
    """The last events that were read, without gaps: positions have none."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._lock = Lock()
        self._events: deque[Recorded] = deque(maxlen=KEPT)

    def after(self, position: int, limit: int) -> list[Recorded]:
        """Return events above a position, at most `limit`; none if there are no more."""
        with self._lock:
            if not (self._events and position < self._events[0].position - 1):
                return self._held(position, limit)
        return self._read(position, limit)  # a reader who is far behind keeps nobody at the log's end waiting

    def _held(self, position: int, limit: int) -> list[Recorded]:
        skipped = position - self._events[0].position + 1 if self._events else 0
        if self._events and skipped < len(self._events):
            return list(islice(self._events, skipped, skipped + limit))
        found = self._read(position, limit)
        if self._events and found and found[0].position != self._events[-1].position + 1:
            self._events.clear()
        self._events.extend(found)
        return found
