"""Responses that come line by line, and go on in another request if the connection breaks off."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Generic, TypeVar

import httpx

from groupchat.api.exchange import Request, Retry, asked_by
from groupchat.api.problems import ProblemError

Item = TypeVar("Item")


class Flow(ABC, Generic[Item]):
    """What has arrived so far, and how the rest is asked for.

    Lines are split here, at line feeds only: httpx also splits at characters that can be part of a text, such as U+2028.
    """

    done = False
    """Whether the last line has arrived."""

    def __init__(self, retry: Retry, failures: int | None) -> None:
        """Begin; after more than this number of failures in a row, give up."""
        self._retry = retry
        self._most_failures = failures
        self._failures = 0
        self._rest = b""

    def request(self) -> Request:
        """Return the request for what comes next, and forget half a line."""
        self._rest = b""
        return self._next_request()

    def feed(self, piece: bytes) -> Iterator[Item]:
        """Return the items that are complete with this piece of a response."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            yield from self._take(line)

    def arrived(self) -> None:
        """Count failures from here."""
        self._failures = 0

    def ended(self, error: ProblemError | httpx.TransportError | None = None) -> float:
        """Return the seconds to wait before the next request; raises an error that does not pass, or lasts too long."""
        if isinstance(error, ProblemError) and not error.passes:
            raise error
        self._failures += 1
        if self._most_failures is not None and self._failures > self._most_failures:
            raise error or httpx.RemoteProtocolError("The response ended before its last line.")
        return self._retry.wait(self._failures, None if error is None else asked_by(error))

    @abstractmethod
    def _next_request(self) -> Request:
        """Return the request for what comes after the last item."""

    @abstractmethod
    def _take(self, line: bytes) -> Iterator[Item]:
        """Return the items that are complete with this line."""
