"""How a call becomes requests, repeated while that can help: as steps that each client takes in its own way."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from random import random
from threading import Lock
from typing import Any, TypeVar, cast
from uuid import uuid4

import httpx
import msgspec

from groupchat.api.call import Call
from groupchat.api.problems import ProblemError

T = TypeVar("T")
Outcome = httpx.Response | httpx.TransportError
"""A response, or why there is none."""

_IDEMPOTENT = {"GET", "PUT", "PATCH", "DELETE"}
_DOUBLINGS = 16


@dataclass(frozen=True)
class Retry:
    """How many times a request is repeated, and how long the waits are.

    A wait is what the server asks for (`Retry-After`); otherwise it is random, and doubles each time. No wait is longer than
    `most_seconds`.
    """

    times: int = 5
    first_seconds: float = 0.25
    most_seconds: float = 20.0

    def wait(self, failures: int, asked: float | None = None) -> float:
        """Return the seconds to wait after this number of failures in a row."""
        if asked is not None:
            return min(asked, self.most_seconds)
        return min(self.first_seconds * 2.0 ** min(failures - 1, _DOUBLINGS), self.most_seconds) * (0.5 + random() / 2)  # noqa: S311 - not a secret


@dataclass(frozen=True, kw_only=True)
class Request:
    """An HTTP request, to be sent after some seconds."""

    method: str
    path: str
    params: Mapping[str, Any]
    headers: Mapping[str, str]
    content: bytes | None = None
    wait: float = 0.0


@dataclass
class Seen:
    """The greatest position in the log that a client knows of. Its reads wait until they include it."""

    position: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def reach(self, position: int) -> None:
        """Remember the position of a write."""
        with self._lock:
            self.position = max(self.position, position)


def exchange(call: Call[T], seen: Seen, retry: Retry) -> Generator[Request, Outcome, T]:
    """Yield the requests of a call, and return its response; raises `ProblemError`, or the last `TransportError`."""
    request = _request(call, seen)
    failures = 0
    while True:
        outcome = yield request
        if isinstance(outcome, httpx.Response) and outcome.is_success:
            seen.reach(int(outcome.headers.get("Groupchat-Position", 0)))
            return _read(call, outcome)
        failures += 1
        error = ProblemError(outcome) if isinstance(outcome, httpx.Response) else outcome
        if failures > retry.times or not _can_help(call, error):
            raise error
        request = replace(request, wait=retry.wait(failures, asked_by(error)))


def asked_by(error: ProblemError | httpx.TransportError) -> float | None:
    """Return the seconds that a problem asks to wait."""
    return error.retry_after if isinstance(error, ProblemError) else None


def _can_help(call: Call[Any], error: ProblemError | httpx.TransportError) -> bool:
    """Return whether to repeat a call.

    If the response to a conditional write is lost, a repeat could be refused because of its own success, so the caller must look.
    """
    repeatable = call.takes_key or (call.method in _IDEMPOTENT and call.if_match is None)
    if isinstance(error, ProblemError):
        return error.nothing_done or (repeatable and error.passes)
    return repeatable or isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)


def _request(call: Call[Any], seen: Seen) -> Request:
    headers: dict[str, str] = {}
    if call.method == "GET" and seen.position:
        headers["Groupchat-Min-Position"] = str(seen.position)
    if call.if_match is not None:
        headers["If-Match"] = f'"{call.if_match}"'
    if call.takes_key:
        headers["Idempotency-Key"] = call.idempotency_key or str(uuid4())
    if call.body is not None:
        headers["Content-Type"] = call.media
    body = call.body if isinstance(call.body, bytes | None) else msgspec.json.encode(call.body)
    return Request(method=call.method, path=call.path, params=call.query or {}, headers=headers, content=body)


def _read(call: Call[T], response: httpx.Response) -> T:
    read: Any
    if call.answer is None:
        read = None
    elif call.answer is str:
        read = response.text
    elif call.answer is bytes:
        read = response.content
    else:
        read = msgspec.json.decode(response.content, type=call.answer)
    return cast("T", read)
