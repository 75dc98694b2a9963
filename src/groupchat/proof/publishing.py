"""Publishing checkpoints where those who run the log can't take them back: until then they prove nothing to anybody else."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import httpx

from groupchat.proof.checkpoint import read_checkpoint
from groupchat.proof.notes import Note
from groupchat.values.errors import ToldError, first_line

_SECONDS = 10.0


class PublishingError(ToldError):
    """A checkpoint did not arrive; the message says where, and why."""


class Target(Protocol):
    """A place that takes checkpoints."""

    name: str

    def publish(self, note: Note) -> None:
        """Put a checkpoint there; raises `PublishingError`. It blocks."""


SendToTopic = Callable[[str, str, str], None]
"""Sends a record to a Kafka topic: topic, key and value. Raises `PublishingError`. It blocks."""


def target(text: str, send: SendToTopic) -> Target:
    """Return the target that a text names: `https://...`, `kafka:TOPIC`, or a folder. Raises `PublishingError`."""
    if text.startswith(("https://", "http://")):
        return ToWebhook(text)
    if text.startswith("kafka:"):
        return ToTopic(text.removeprefix("kafka:"), send)
    if ":" in text:
        msg = f"{text} is not a place for checkpoints. Use https://..., kafka:TOPIC, or a folder."
        raise PublishingError(msg)
    return ToFolder(Path(text))


class ToFolder:
    """A folder: one file for each checkpoint, of which none is ever written again. It can be on a medium that is written once."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path

    def publish(self, note: Note) -> None:
        """Write the checkpoint; the name is the number of events, so that names sort in the order of the log."""
        said = read_checkpoint(note)
        path = self._path / f"{said.size:020}.checkpoint"
        try:
            if path.exists() and read_checkpoint(Note.read(path.read_text("utf-8"))) != said:
                msg = f"{path} has another checkpoint of {said.size:,} events already: the log has two histories."
                raise PublishingError(msg)
            if not path.exists():
                path.write_text(str(note), "utf-8")
        except OSError as error:
            msg = f"{path} can't be written: {error.strerror or error}."
            raise PublishingError(msg) from error


class ToWebhook:
    """A server of somebody else, which gets each checkpoint as the body of a POST."""

    def __init__(self, url: str) -> None:
        self.name = url
        self._url = url

    def publish(self, note: Note) -> None:
        """Send the checkpoint; any 2xx means that it has arrived."""
        try:
            response = httpx.post(
                self._url, content=str(note), headers={"content-type": "text/plain; charset=utf-8"}, timeout=_SECONDS
            )
        except httpx.HTTPError as error:
            msg = f"{self._url} can't be reached: {first_line(error) or type(error).__name__}."
            raise PublishingError(msg) from error
        if not response.is_success:
            msg = f"{self._url} has not taken the checkpoint: it responded {response.status_code}."
            raise PublishingError(msg)


class ToTopic:
    """A Kafka topic: each checkpoint is a record, with the log's name as its key."""

    def __init__(self, topic: str, send: SendToTopic) -> None:
        self.name = f"kafka:{topic}"
        self._topic = topic
        self._send = send

    def publish(self, note: Note) -> None:
        """Send the checkpoint."""
        self._send(self._topic, read_checkpoint(note).origin, str(note))
