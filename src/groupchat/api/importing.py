"""An import of contacts: the outcome of each line as it comes, continued after the last one if the connection breaks off."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from groupchat.api.exchange import Request, Retry, Seen
from groupchat.api.flow import Flow
from groupchat.api.types import LineResult


class _Summary(Struct, frozen=True):
    """The last line of a response."""

    done: bool = False
    position: int = 0


class Importing(Flow[LineResult]):
    """An import of a file. `after` is the last line of the file whose outcome is known."""

    def __init__(self, file: bytes, after: int | None, retry: Retry, seen: Seen) -> None:
        super().__init__(retry, retry.times)
        self.after = after
        self._file = file
        self._seen = seen

    def _next_request(self) -> Request:
        params = {} if self.after is None else {"after_line": self.after}
        headers = {"Content-Type": "text/csv"}
        return Request(method="POST", path="/v1/contacts/import", params=params, headers=headers, content=self._file)

    def _take(self, line: bytes) -> Iterator[LineResult]:
        summary = msgspec.json.decode(line, type=_Summary)
        if summary.done:
            self.done = True
            self._seen.reach(summary.position)
            return
        result = msgspec.json.decode(line, type=LineResult)
        self.arrived()
        yield result
        self.after = result.line
