"""Importing a complete export into an empty store. The whole file is read and checked first, then stored in one transaction.

So an import succeeds or fails as a whole, and the new store equals the old one: the same positions, the same bytes, and the same
responses to repeated requests.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import BinaryIO, cast

from msgspec import Raw, Struct
from msgspec.structs import astuple

from groupchat.aggregates.group_events import InboundReceived, MessageSent
from groupchat.aggregates.review import ReviewOpened
from groupchat.moving.lines import (
    FORMAT,
    FORMAT_VERSION,
    AnswerLine,
    CheckpointLine,
    DamagedFileError,
    EventLine,
    FollowerLine,
    Header,
    Line,
    ParkedLine,
    ProofLine,
    PutOffLine,
    Trailer,
    WebhookLine,
    read_lines,
)
from groupchat.proof.checkpoint import read_checkpoint
from groupchat.proof.kept import keep_checkpoint
from groupchat.proof.notes import Note, NoteError
from groupchat.store.archive import Archive
from groupchat.store.database import Database
from groupchat.store.filling import Filling, filling
from groupchat.store.mapper import UnreadableEventError
from groupchat.values.progress import EVENTS_PER_REPORT, OnProgress

_NUL_IN_JSON = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""An escaped NUL, except after an escaped backslash."""
_MISPLACED = "a line of this kind can't be here: lines are missing, or in a different order."
_NO_EVENT = (0, datetime.min.replace(tzinfo=UTC))
_LATEST_SECOND = int(datetime.max.replace(tzinfo=UTC).timestamp())
_ORDER: dict[type[Line], int] = {
    ProofLine: -1,  # only in the export of a conversation
    Header: 0,
    EventLine: 1,
    CheckpointLine: 2,
    AnswerLine: 3,
    FollowerLine: 4,
    ParkedLine: 4,
    PutOffLine: 4,
    WebhookLine: 4,
    Trailer: 5,
}


class Checked(Struct, frozen=True):
    """The content of a complete and undamaged export."""

    trailer: Trailer
    answers: int

    @property
    def events(self) -> int:
        """The number of its events."""
        return self.trailer.events


def check(archive: Archive, file: BinaryIO, on_progress: OnProgress) -> Checked:
    """Read a whole export without storing anything; raises `DamagedFileError` for an incomplete or damaged one."""
    checks = _Checks(archive)
    line: Line | None = None
    for number, line in read_lines(file):
        try:
            fault = checks.fault(line)
        except UnreadableEventError as error:
            fault = f"{error}."
        if fault is not None:
            raise DamagedFileError(number, fault)
        if checks.events % EVENTS_PER_REPORT == 0 or checks.events == checks.head:
            on_progress(checks.events, checks.head)
    return Checked(cast("Trailer", line), checks.answers)


def store(database: Database, file: BinaryIO, checked: Checked, on_progress: OnProgress) -> None:
    """Store an export that was checked, from the file's beginning; completely or not at all.

    Each line, and the trailer, are checked again in case the file has changed. Raises `DamagedFileError`, `StoreNotEmptyError`,
    `BusyStoreError`.
    """
    file.seek(0)
    with filling(database) as empty:
        _fill(empty, file, checked.trailer, on_progress)


def _fill(empty: Filling, file: BinaryIO, trailer: Trailer, on_progress: OnProgress) -> None:
    for kind, lines in groupby((line for _, line in read_lines(file)), type):
        if kind is EventLine:
            empty.events(_counted(cast("Iterator[EventLine]", lines), trailer.events, on_progress))
        elif kind is AnswerLine:
            empty.answers(cast("Iterator[AnswerLine]", lines))
        else:
            _fill_other(empty, list(lines), trailer)


def _fill_other(empty: Filling, lines: Sequence[Line], trailer: Trailer) -> None:
    for line in lines:
        match line:
            case FollowerLine():
                empty.follower(line.status())
            case ParkedLine():
                empty.parked(line)
            case PutOffLine():
                empty.put_off(line.follower, line)
            case WebhookLine():
                empty.webhook(line)
            case CheckpointLine():
                keep_checkpoint(empty.connection, Note.read(line.note))
            case Trailer() if line != trailer:
                raise DamagedFileError(trailer.events + trailer.others + 2, "the file was changed while it was being read.")
            case _:
                pass


def _counted(lines: Iterator[EventLine], total: int, on_progress: OnProgress) -> Iterator[EventLine]:
    for line in lines:
        if line.position % EVENTS_PER_REPORT == 0 or line.position == total:
            on_progress(line.position, total)
        yield line


_PUT_OFF = frozenset({MessageSent.TOPIC, InboundReceived.TOPIC, ReviewOpened.TOPIC})


class _Checks:
    """The checks from line to line."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._rank = -1
        self._last: dict[str, tuple[int, datetime]] = {}
        """The version and time of each stream's last event."""
        self._can_wait: array[int] = array("q")
        """The positions of events that a process can put off, ascending."""
        self.head = 0
        self._covered = 0
        self.events = 0
        self.answers = 0
        self.others = 0

    def fault(self, line: Line) -> str | None:
        """Take the next line; return what is wrong with it, if anything. Raises `UnreadableEventError`."""
        if (rank := _ORDER[type(line)]) < self._rank or (rank == self._rank == 0):
            return _MISPLACED
        if self._rank < 0 < rank:
            return "this is not an export of groupchat: its first line is not a header."
        self._rank = rank
        return self._judged(line)

    def _judged(self, line: Line) -> str | None:
        match line:
            case Header():
                return self._header(line)
            case EventLine():
                return self._event(line)
            case CheckpointLine():
                return self._checkpoint(line)
            case Trailer():
                return self._trailer(line)
            case AnswerLine() | FollowerLine() | ParkedLine() | PutOffLine() | WebhookLine():
                return self._other(line)
            case ProofLine():
                return _MISPLACED

    def _header(self, line: Header) -> str | None:
        if (line.format, line.format_version) != (FORMAT, FORMAT_VERSION):
            return f"its format is {line.format} {line.format_version}; this groupchat reads {FORMAT} {FORMAT_VERSION}."
        if line.exported != "all":
            return f"this is an export of {line.conversation_id} only. An import needs a file written by `groupchat export --all`."
        self.head = line.head
        return None

    def _event(self, line: EventLine) -> str | None:
        if line.position != self.events + 1:
            return f"it has position {line.position}, where {self.events + 1} should be."
        version, before = self._last.get(line.stream, _NO_EVENT)
        if line.version != version + 1:
            return f"it is version {line.version} of {line.stream}, where {version + 1} should be."
        if not _is_storable_time(line.at):
            return f"its time, {line.at.isoformat()}, has no offset from UTC, or is beyond the year 9999 in UTC."
        if line.at < before:
            return f"its time, {line.at.isoformat()}, is before that of the event before it in {line.stream}."
        if _has_nul(line.stream, line.workspace_id, line.actor.id, line.correlation_id, line.causation_id, line.data):
            return "it has a NUL character, which no event can have."
        self._archive.check(line)
        self._last[line.stream] = (line.version, line.at)
        if line.type in _PUT_OFF:
            self._can_wait.append(line.position)
        self.events += 1
        return None

    def _checkpoint(self, line: CheckpointLine) -> str | None:
        try:
            size = read_checkpoint(Note.read(line.note)).size
        except NoteError as error:
            return f"{error}"
        if not self._covered < size <= self.events:
            return f"its checkpoint covers {size} events, after one of {self._covered}, but the last event has {self.events}."
        self._covered = size
        self.others += 1
        return None

    def _other(self, line: AnswerLine | FollowerLine | ParkedLine | PutOffLine | WebhookLine) -> str | None:
        if not 0 <= line.position <= self.events:
            return f"it refers to position {line.position}, but the last event has {self.events}."
        match line:
            case FollowerLine(stopped_at=int() as position) if not 0 < position <= self.events:
                return f"it stopped at position {position}, but the last event has {self.events}."
            case PutOffLine() if (fault := self._put_off(line)) is not None:
                return fault
            case AnswerLine() if not 0 <= line.at <= _LATEST_SECOND:
                return f"its response was stored at {line.at}, which is not a time in seconds since 1970."
            case _:
                pass
        if _has_nul(*(each for each in astuple(line) if isinstance(each, str))) or _has_nul(*_key(line)):
            return "it has a NUL character, which no name, key or reason has."
        self.others += 1
        self.answers += isinstance(line, AnswerLine)
        return None

    def _put_off(self, line: PutOffLine) -> str | None:
        if not _is_storable_time(line.due):
            return f"it is due at {line.due.isoformat()}, which has no offset from UTC, or is beyond the year 9999 in UTC."
        at = bisect_left(self._can_wait, line.position)
        if self._can_wait[at : at + 1] != array("q", [line.position]):
            return f"it puts off the event at position {line.position}, which is not a message."
        return None

    def _trailer(self, line: Trailer) -> str | None:
        if (line.events, line.others) == (self.events, self.others) and self.head == self.events:
            return None
        stated = f"the header states {self.head} events, and the trailer {line.events} and {line.others} other lines"
        return f"{stated}, but there are {self.events} and {self.others}."


def _is_storable_time(moment: datetime) -> bool:
    if moment.tzinfo is None:
        return False
    try:
        moment.astimezone(UTC)
    except OverflowError:
        return False
    return True


def _has_nul(*texts: str | Raw) -> bool:
    """Return whether a text has NUL, which Postgres can't store; JSON writes it escaped."""
    return any("\0" in text if isinstance(text, str) else _NUL_IN_JSON.search(bytes(text)) for text in texts)


def _key(line: Line) -> tuple[str, ...]:
    return (line.key.user_id, line.key.key) if isinstance(line, AnswerLine) else ()
