"""The lines of an export: JSON, each line with a checksum over all lines before it (docs/moving.md describes them).

A line's last member, `check`, is the CRC-32 of the line without it, continued from the line before. So the first line that was
changed, or does not belong there, is identified. The trailer has the SHA-256 of all lines above it.
"""

import hashlib
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Literal

import msgspec
from msgspec import Struct

from groupchat.store.answers import StoredAnswer
from groupchat.store.archive import Logged
from groupchat.store.parked import Parked
from groupchat.store.positions import FollowerStatus
from groupchat.store.put_off import PutOff
from groupchat.store.webhook_rows import WebhookPlace
from groupchat.values.errors import ExpectedError

FORMAT = "groupchat-export"
FORMAT_VERSION = 1
LONGEST = 16 * 1024 * 1024
"""Bytes; every stored event is much smaller."""

_SEAL = b',"check":"%08x"}\n'
_SEAL_LENGTH = len(_SEAL % 0)


class DamagedFileError(ExpectedError):
    """A file is not a complete export of groupchat. The message names the line and what is wrong with it."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"line {number}: {reason}")
        self.number = number


class Header(Struct, frozen=True, kw_only=True, tag_field="line", tag="header"):
    """The first line: what was exported, by which version of groupchat, up to which position (`head`)."""

    format: str = FORMAT
    format_version: int = FORMAT_VERSION
    groupchat: str
    exported: Literal["all", "conversation"]
    conversation_id: str | None = None
    head: int


class EventLine(Logged, frozen=True, kw_only=True, tag_field="line", tag="event", forbid_unknown_fields=True):
    """An event with its envelope."""


class AnswerLine(StoredAnswer, frozen=True, tag_field="line", tag="answer", forbid_unknown_fields=True):
    """A response stored under an idempotency key; its bytes are in Base64."""


class FollowerLine(Struct, frozen=True, kw_only=True, tag_field="line", tag="follower", forbid_unknown_fields=True):
    """A process's position. It does not repeat the events up to it."""

    name: str
    position: int
    stopped_at: int | None
    error: str | None

    def status(self) -> FollowerStatus:
        """Return it in the store's form."""
        return FollowerStatus(self.name, self.position, self.stopped_at, self.error)


class ParkedLine(Parked, frozen=True, tag_field="line", tag="parked", forbid_unknown_fields=True):
    """An event that was parked for a process."""


class PutOffLine(PutOff, frozen=True, kw_only=True, tag_field="line", tag="put-off", forbid_unknown_fields=True):
    """An event that a process still has to handle, and when it is due."""

    follower: str


class WebhookLine(WebhookPlace, frozen=True, kw_only=True, tag_field="line", tag="webhook", forbid_unknown_fields=True):
    """Where a webhook is (R55). Messages that wait to be sent again are above its position."""


class CheckpointLine(Struct, frozen=True, tag_field="line", tag="checkpoint", forbid_unknown_fields=True):
    """A signed checkpoint (docs/proof.md). A complete export has all stored ones, others the one that the proofs lead to."""

    note: str


class ProofLine(Struct, frozen=True, tag_field="line", tag="proof", forbid_unknown_fields=True):
    """The hashes, in Base64, that lead from the event at a position to the checkpoint."""

    position: int
    hashes: tuple[bytes, ...]


class Trailer(Struct, frozen=True, kw_only=True, tag_field="line", tag="trailer", forbid_unknown_fields=True):
    """The last line: the number of events and other lines between header and trailer, and the hash of all lines above."""

    events: int
    others: int
    sha256: str


Line = Header | EventLine | AnswerLine | FollowerLine | ParkedLine | PutOffLine | WebhookLine | CheckpointLine | ProofLine | Trailer

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Line).decode


class LineWriter:
    """Writes lines with checksums to a file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._seals = _Seals()
        self.events = 0
        self.others = 0

    def write(self, line: Line) -> None:
        """Write a line."""
        self._write(line)
        if isinstance(line, EventLine):
            self.events += 1
        elif not isinstance(line, Header):
            self.others += 1

    def end(self) -> None:
        """Write the trailer."""
        self._write(Trailer(events=self.events, others=self.others, sha256=self._seals.sha256))

    def _write(self, line: Line) -> None:
        body = _encode(line)[:-1]
        sealed = body + _SEAL % self._seals.next(body)
        self._seals.add(sealed)
        self._file.write(sealed)


def read_lines(file: BinaryIO) -> Iterator[tuple[int, Line]]:
    """Return the lines of a file with their numbers, from header to trailer; raises `DamagedFileError`."""
    seals, number, line = _Seals(), 0, None
    while raw := _next(file, number + 1):
        number += 1
        if isinstance(line, Trailer):
            raise DamagedFileError(number, "there is more text after the trailer, which must be the last line.")
        line = _open(raw, number, seals)
        if isinstance(line, Trailer) and line.sha256 != seals.sha256:
            raise DamagedFileError(number, "its sha256 is not that of the lines above: one of them was changed.")
        seals.add(raw)
        yield number, line
    if not isinstance(line, Trailer):
        raise DamagedFileError(number + 1, "the file ends here without a trailer: it was cut off.")


def _next(file: BinaryIO, number: int) -> bytes:
    try:
        raw = file.readline(LONGEST)
    except (EOFError, zlib.error, OSError) as error:
        raise DamagedFileError(number, f"it can't be read ({error}): the file was cut off or damaged.") from error
    if len(raw) == LONGEST:
        raise DamagedFileError(number, f"it is longer than {LONGEST:,} bytes, so it is not a line of an export.")
    return raw


def _open(raw: bytes, number: int, seals: "_Seals") -> Line:
    """Return a line's content, if it is complete and belongs in this place."""
    body, seal = raw[:-_SEAL_LENGTH], raw[-_SEAL_LENGTH:]
    if not raw.endswith(b"\n"):
        raise DamagedFileError(number, "it is truncated." if number > 1 else _FOREIGN)
    if not seal.startswith(_SEAL[:9]) and number == 1:
        raise DamagedFileError(number, _FOREIGN)
    if seal != _SEAL % seals.next(body):
        raise DamagedFileError(
            number, "its check is wrong: it was changed, or lines before it are missing or in a different order."
        )
    try:
        line: Line = _decode(body + b"}")
    except msgspec.MsgspecError as error:
        raise DamagedFileError(number, f"this version of groupchat doesn't know this kind of line ({error}).") from error
    return line


_FOREIGN = "this is not an export of groupchat: its first line is not a header."


class _Seals:
    """The checksums of the lines so far."""

    def __init__(self) -> None:
        self._crc = 0
        self._sha256 = hashlib.sha256()

    def next(self, body: bytes) -> int:
        """Return the check of a line that would come next."""
        return zlib.crc32(body, self._crc)

    def add(self, sealed: bytes) -> None:
        """Take a line."""
        self._crc = zlib.crc32(sealed, self._crc)
        self._sha256.update(sealed)

    @property
    def sha256(self) -> str:
        """The hash of all lines so far."""
        return self._sha256.hexdigest()
