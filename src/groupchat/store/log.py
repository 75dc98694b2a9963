"""The log to read from: streams as they are stored. It writes nothing, takes no lock and starts no thread."""

from collections.abc import Iterable

from groupchat.store.database import Database
from groupchat.store.mapper import EventMapper
from groupchat.store.recorder import Recorder
from groupchat.values.event import Recorded

STREAMS_AT_ONCE = 1_000
"""How many streams one query reads."""


class Log:
    """Reads streams. Its methods block, so call them in a thread; they raise `UnreadableEventError`."""

    def __init__(self, recorder: Recorder, mapper: EventMapper) -> None:
        self.database = recorder.database
        self._recorder = recorder
        self._mapper = mapper

    @classmethod
    def of(cls, database: Database) -> "Log":
        """Return the log of a database that nothing else of this process uses; the right to read is all that it needs."""
        return cls(Recorder(database), EventMapper())

    def head(self) -> int:
        """Return the position of the newest event, 0 in an empty log."""
        return self._recorder.max_notification_id() or 0

    def stream(self, name: str, *, upto: int | None = None) -> list[Recorded]:
        """Return a stream's events, up to a version if one is given; none for a stream that is not there."""
        return [self._mapper.restore(event) for event in self._recorder.select_events(name, lte=upto)]

    def streams(self, names: Iterable[str]) -> list[Recorded]:
        """Return the events of several streams, those of one in their order; a query reads many streams."""
        asked = list(dict.fromkeys(names))
        parts = (asked[start : start + STREAMS_AT_ONCE] for start in range(0, len(asked), STREAMS_AT_ONCE))
        return [self._mapper.restore(event) for part in parts for event in self._recorder.select_tails(dict.fromkeys(part, 0))]
