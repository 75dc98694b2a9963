"""The event stream: reading server-sent events, and resuming after the last one."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import httpx
import msgspec

from groupchat.api.events import StoredEvent
from groupchat.api.exchange import Request, Retry, asked_by
from groupchat.api.problems import ProblemError
from groupchat.api.stored import UnknownEvent

PATH = "/v1/events"
SILENCE_SECONDS = 40.0
"""The server writes at least every 15 seconds. A connection that is silent for longer is dead."""
_EVENT = msgspec.json.Decoder(StoredEvent)


@dataclass
class Following:
    """The state of a stream: where it resumes, and what has arrived of the next event.

    Lines are split here, at line feeds only: httpx also splits at characters that can be part of a text, such as U+2028.
    """

    after: int | None
    types: Collection[str]
    conversation_id: str | None
    retry: Retry
    _failures: int = 0
    _rest: bytes = b""
    _lines: dict[bytes, bytes] = field(default_factory=dict)

    def request(self) -> Request:
        """Return the request for the events that come next, and forget a half event."""
        self._rest, self._lines = b"", {}
        params = {"types": ",".join(self.types), "conversation_id": self.conversation_id}
        headers = {} if self.after is None else {"Last-Event-ID": str(self.after)}
        return Request(method="GET", path=PATH, params={name: value for name, value in params.items() if value}, headers=headers)

    def feed(self, piece: bytes) -> Iterator[StoredEvent | UnknownEvent]:
        """Return the events that are complete with this piece of the response."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            name, _, value = line.partition(b":")
            self._lines[name] = value.removeprefix(b" ")
            if not line:
                yield from self._complete()

    def _complete(self) -> Iterator[StoredEvent | UnknownEvent]:
        """Return the event whose last line has arrived, if there is one, and move on behind it."""
        block, self._lines = self._lines, {}
        self._failures = 0
        if b"data" in block:
            yield read_event(block[b"data"])
        if b"id" in block:
            self.after = int(block[b"id"])

    def ended(self, error: ProblemError | httpx.TransportError | None = None) -> float:
        """Return the seconds to wait before the next request; raises an error that does not pass."""
        if isinstance(error, ProblemError) and not error.passes:
            raise error
        self._failures += 1
        return self.retry.wait(self._failures, None if error is None else asked_by(error))


def read_event(data: bytes) -> StoredEvent | UnknownEvent:
    """Return an event; one that a newer server writes in another form is an `UnknownEvent`."""
    try:
        event: StoredEvent = _EVENT.decode(data)
    except msgspec.ValidationError:
        return msgspec.json.decode(data, type=UnknownEvent)
    return event
