"""The event stream: reading server-sent events, and resuming after the last one."""

from collections.abc import Collection, Iterator

import msgspec

from groupchat.api.events import StoredEvent
from groupchat.api.exchange import Request, Retry
from groupchat.api.flow import Flow
from groupchat.api.stored import UnknownEvent

_EVENT = msgspec.json.Decoder(StoredEvent)


class Following(Flow[StoredEvent | UnknownEvent]):
    """A stream of events. It never gives up while its failures can pass. `after` is where it resumes."""

    def __init__(self, after: int | None, types: Collection[str], conversation_id: str | None, retry: Retry) -> None:
        super().__init__(retry, None)
        self.after = after
        self._params = {"types": ",".join(types), "conversation_id": conversation_id}
        self._block: dict[bytes, bytes] = {}

    def _next_request(self) -> Request:
        self._block = {}
        params = {name: value for name, value in self._params.items() if value}
        headers = {} if self.after is None else {"Last-Event-ID": str(self.after)}
        return Request(method="GET", path="/v1/events", params=params, headers=headers)

    def _take(self, line: bytes) -> Iterator[StoredEvent | UnknownEvent]:
        """Return the event if this line ends it, and resume behind it when the next one is asked for."""
        if line:
            name, _, value = line.partition(b":")
            self._block[name] = value.removeprefix(b" ")
            return
        block, self._block = self._block, {}
        self.arrived()
        if b"data" in block:
            yield read_event(block[b"data"])
        if b"id" in block:
            self.after = int(block[b"id"])


def read_event(data: bytes) -> StoredEvent | UnknownEvent:
    """Return an event; one that a newer server writes in another form is an `UnknownEvent`."""
    try:
        event: StoredEvent = _EVENT.decode(data)
    except msgspec.ValidationError:
        return msgspec.json.decode(data, type=UnknownEvent)
    return event
