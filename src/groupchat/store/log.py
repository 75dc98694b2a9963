"""The only reader of the log and its streams. It writes nothing, takes no database lock and starts no thread."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from groupchat.store.at_once import AtOnce
from groupchat.store.database import Database
from groupchat.store.mapper import EventMapper, UnreadableEventError
from groupchat.store.recorder import Moved, Recorder
from groupchat.store.tail import Piece, Tail
from groupchat.values.errors import ExpectedError
from groupchat.values.event import Event, Recorded

STREAMS_AT_ONCE = 1_000
"""The number of streams that one query reads."""

E = TypeVar("E", bound=Event)


class UnknownStreamError(ExpectedError):
    """The store doesn't have this stream, or the stream is of another kind."""


class Log:
    """Its methods, except `follow`, block, so call them in a thread. Methods that decode events raise `UnreadableEventError`."""

    def __init__(self, recorder: Recorder, mapper: EventMapper) -> None:
        self.database = recorder.database
        self._recorder = recorder
        self._mapper = mapper
        self._tail = Tail(self._stored)
        self._at_once = AtOnce.in_thread(self._read_all)

    @classmethod
    def of(cls, database: Database) -> "Log":
        """Return the log of a database that no other part of this process uses. It only needs permission to read."""
        return cls(Recorder(database), EventMapper())

    # --- the log, in its order

    def head(self) -> int:
        """Return the position of the newest event, 0 in an empty log."""
        return self._recorder.max_notification_id() or 0

    def read(self, after: int, limit: int) -> Piece:
        """Return the events above a position, at most `limit`. Readers near the end of the log share the decoded events.

        A piece ends before an unreadable event; raises `UnreadableEventError` if that is the first.
        """
        return self._tail.after(after, limit)

    async def follow(self, after: int, limit: int) -> Piece:
        """Do the same without blocking. Followers that are woken together at the same position share one read."""
        return await self._at_once.ask((after, limit))

    def _read_all(self, wanted: Sequence[tuple[int, int]]) -> list[Piece | Exception]:
        read = {each: self._read_or_error(*each) for each in dict.fromkeys(wanted)}
        return [read[each] for each in wanted]

    def _read_or_error(self, after: int, limit: int) -> Piece | Exception:
        try:
            return self.read(after, limit)
        except Exception as error:  # noqa: BLE001 - raised in the caller
            return error

    def each(self, topics: Sequence[str] = (), *, after: int = 0, upto: int | None = None) -> Iterator[Recorded]:
        """Return the events of these types (or of all types) above a position, up to another. They are read as you consume them."""
        return map(self._mapper.restore, self._recorder.each_notification(topics, after, upto))

    def at(self, positions: Collection[int]) -> list[Recorded]:
        """Return the events at these positions, in the log's order."""
        return [self._mapper.restore(event) for event in self._recorder.select_at(positions)] if positions else []

    def next_at(self, after: int) -> datetime | None:
        """Return when the first event above a position was stored; none if there is none, or if its envelope can't be read."""
        found = self._recorder.select_notifications(after, 1, inclusive_of_start=False)
        try:
            return self._mapper.open(found[0].state).at if found else None
        except Exception:  # noqa: BLE001 - the follower that comes to it stops there, and reports the error
            return None

    def first_position(self, topic: str) -> int | None:
        """Return the position of the oldest event of a type."""
        found = self._recorder.select_notifications(None, 1, None, [topic])
        return found[0].id if found else None

    def moved(self, after: int, limit: int) -> list[Moved]:
        """Return which streams moved above a position, in the log's order, considering at most `limit` events.

        Only the next of them may be returned: those that followers of this process have read.
        """
        held = self._tail.held(after, limit)
        return [Moved(each.position, each.stream, each.version) for each in held] or self._recorder.select_moved(after, limit)

    def _stored(self, after: int, limit: int) -> Piece:
        found: list[Recorded] = []
        notifications = self._recorder.select_notifications(after, limit, inclusive_of_start=False)
        for notification in notifications:
            try:
                found.append(self._mapper.restore(notification))
            except UnreadableEventError:
                if not found:
                    raise
                return Piece(found, at_end=False)
        return Piece(found, at_end=len(notifications) < limit)

    # --- streams

    def stream(
        self, name: str, *, after: int = 0, upto: int | None = None, limit: int | None = None, topics: Sequence[str] = ()
    ) -> list[Recorded]:
        """Return a stream's events above a version, up to another if given, of these types or of all.

        None if the stream does not exist.
        """
        found = self._recorder.select_events(name, gt=after, lte=upto, limit=limit, topics=topics)
        return [self._mapper.restore(event) for event in found]

    def streams(self, names: Iterable[str]) -> list[Recorded]:
        """Return the events of several streams, each stream's in order; one query reads many streams."""
        asked = list(dict.fromkeys(names))
        parts = (asked[start : start + STREAMS_AT_ONCE] for start in range(0, len(asked), STREAMS_AT_ONCE))
        return [self._mapper.restore(event) for part in parts for event in self._recorder.select_tails(dict.fromkeys(part, 0))]

    def beginning(self, stream: str, kind: type[E]) -> E:
        """Return the first event of a stream; raises `UnknownStreamError` if there is none or its type is another one."""
        first = self.stream(stream, limit=1)
        if not first or not isinstance(first[0].event, kind):
            msg = f"There is nothing with the id {stream} in this database."
            raise UnknownStreamError(msg)
        return first[0].event
