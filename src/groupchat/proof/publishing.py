"""Publishing checkpoints where the operators of the log can't take them back. Until then, they prove nothing to others."""

import asyncio
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import httpx
from obstore.exceptions import AlreadyExistsError, BaseError

from groupchat.proof.checkpoint import Checkpoint, read_checkpoint
from groupchat.proof.notes import LONGEST, Note, NoteError
from groupchat.s3 import open_bucket
from groupchat.values.errors import ExpectedError, first_line
from groupchat.values.web_address import is_web_address

REQUEST_SECONDS = 10.0
"""The time that another party's server has to respond."""
_TEXT = {"Content-Type": "text/plain; charset=utf-8"}
_FILE_NAME = re.compile(r"[0-9]{20}\.checkpoint")


class PublishingError(ExpectedError):
    """A checkpoint did not arrive. The message says where, and why."""


class Target(Protocol):
    """A place that accepts checkpoints."""

    name: str

    def publish(self, note: Note) -> None:
        """Put a checkpoint there; raises `PublishingError`. It blocks."""


SendToTopic = Callable[[str, str, str], None]
"""Sends a record to a Kafka topic: topic, key and value. Raises `PublishingError`. It blocks."""


def target(text: str, send: SendToTopic) -> Target:
    """Return the target that a text names: `https://...`, `s3://BUCKET/FOLDER`, `kafka:TOPIC`, or a folder.

    Raises `PublishingError`, `BucketSettingsError`.
    """
    if is_web_address(text):
        return ToWebhook(text)
    if text.startswith("s3://"):
        bucket, _, folder = text.removeprefix("s3://").partition("/")
        return ToBucket(bucket, folder.strip("/"), os.environ)
    if text.startswith("kafka:"):
        return ToTopic(text.removeprefix("kafka:"), send)
    if ":" in text:
        msg = f"{text} is not a place for checkpoints. Use https://..., s3://BUCKET/FOLDER, kafka:TOPIC, or a folder."
        raise PublishingError(msg)
    return ToFolder(Path(text))


class ToFolder:
    """A folder with one file for each checkpoint, which is never rewritten. It can be on a write-once medium."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path

    def publish(self, note: Note) -> None:
        """Write the checkpoint. The name is the number of events, so that names sort in the order of the log."""
        checkpoint = read_checkpoint(note)
        path = self._path / file_name(checkpoint)
        try:
            if path.exists() and read_checkpoint(Note.read(path.read_text("utf-8"))) != checkpoint:
                msg = f"{path} has another checkpoint of {checkpoint.size:,} events already: the log has two histories."
                raise PublishingError(msg)
            if not path.exists():
                path.write_text(str(note), "utf-8")
        except OSError as error:
            msg = f"{path} can't be written: {error.strerror or error}."
            raise PublishingError(msg) from error

    def newest(self, origin: str) -> Note | None:
        """Return the checkpoint of this log that covers the most events; raises `PublishingError` if it can't be read."""
        try:
            paths = sorted(each for each in self._path.iterdir() if _FILE_NAME.fullmatch(each.name))
        except OSError as error:
            msg = f"{self.name} can't be read: {error.strerror or error}."
            raise PublishingError(msg) from error
        return next((note for note in map(_note_in, reversed(paths)) if read_checkpoint(note).origin == origin), None)


class ToWebhook:
    """Another party's server, which gets each checkpoint as the body of a POST."""

    def __init__(self, url: str, seconds: float = REQUEST_SECONDS) -> None:
        self.name = url
        self._url = url
        self._seconds = seconds

    def publish(self, note: Note) -> None:
        """Send the checkpoint; any 2xx means that it has arrived."""
        try:
            status = asyncio.run(_post(self._url, str(note).encode(), self._seconds))
        except TimeoutError as error:
            msg = f"{self._url} did not respond within {self._seconds:g} seconds."
            raise PublishingError(msg) from error
        except httpx.HTTPError as error:
            msg = f"{self._url} can't be reached: {first_line(error)}."
            raise PublishingError(msg) from error
        if not httpx.codes.is_success(status):
            msg = f"{self._url} has not accepted the checkpoint: it responded {status}."
            raise PublishingError(msg)


class ToBucket:
    """An S3 bucket: an object for each checkpoint. With Object Lock, which the bucket's settings turn on, it can't be replaced."""

    def __init__(self, bucket: str, folder: str, environment: Mapping[str, str]) -> None:
        """Prepare to use a bucket, below a folder; raises `BucketSettingsError`."""
        self.name = f"s3://{bucket}/{folder}".rstrip("/")
        self._store = open_bucket(bucket, folder, environment, REQUEST_SECONDS)

    def publish(self, note: Note) -> None:
        """Put the checkpoint, unless there is an object of its name: then it was put before, or the log has two histories."""
        checkpoint = read_checkpoint(note)
        name = file_name(checkpoint)
        try:
            if not self._put(name, str(note).encode()) and not self._beginning_of(name).startswith(note.text.encode()):
                msg = f"{self.name}/{name} is another checkpoint of {checkpoint.size:,} events already: the log has two histories."
                raise PublishingError(msg)
        except (FileNotFoundError, BaseError) as error:
            msg = f"{self.name}/{name} can't be written: {first_line(error)}"
            raise PublishingError(msg) from error

    def _put(self, name: str, content: bytes) -> bool:
        """Put an object; return whether there was none of its name."""
        try:
            self._store.put(name, content, mode="create", attributes=_TEXT, use_multipart=False)
        except AlreadyExistsError:
            return False
        return True

    def _beginning_of(self, name: str) -> bytes:
        """Return an object's content, up to the length of a note."""
        return bytes(self._store.get_range(name, start=0, end=LONGEST))


class ToTopic:
    """A Kafka topic: each checkpoint is a record, with the log's name as its key."""

    def __init__(self, topic: str, send: SendToTopic) -> None:
        self.name = f"kafka:{topic}"
        self._topic = topic
        self._send = send

    def publish(self, note: Note) -> None:
        """Send the checkpoint."""
        self._send(self._topic, read_checkpoint(note).origin, str(note))


def published_in(targets: Sequence[Target], origin: str) -> list[Note]:
    """Return the newest checkpoint of a log in each folder. Other places don't let the log read what they have."""
    found = [each.newest(origin) for each in targets if isinstance(each, ToFolder)]
    return [note for note in found if note is not None]


def file_name(checkpoint: Checkpoint) -> str:
    """Return the name of a checkpoint's file: names sort in the order of the log."""
    return f"{checkpoint.size:020}.checkpoint"


def _note_in(path: Path) -> Note:
    """Return the checkpoint in a file; raises `PublishingError` if there is none."""
    try:
        note = Note.read(path.read_text("utf-8"))
        read_checkpoint(note)
    except (OSError, UnicodeDecodeError, NoteError) as error:
        msg = f"{path} can't be read: {first_line(error)}"
        raise PublishingError(msg) from error
    return note


async def _post(url: str, content: bytes, seconds: float) -> int:
    """Return the status of the response to a POST."""
    async with (
        asyncio.timeout(seconds),  # in all: httpx's own limit begins again with each byte
        httpx.AsyncClient(timeout=seconds) as client,
        client.stream("POST", url, content=content, headers=_TEXT) as response,
    ):
        return response.status_code
