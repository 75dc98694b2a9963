"""Refusals and failures, as exceptions."""

from http import HTTPStatus
from typing import Any

import httpx
import msgspec
from msgspec import Struct

UNEXPLAINED = "about:blank"
"""The slug of a response that says nothing, for example a proxy's."""
_PREFIX = "/problems/"
_NOTHING_DONE = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
_IN_BETWEEN = {HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}


class Fault(Struct, frozen=True):
    """What is wrong with a part of a request: where, for programs (`code`), and for people (`detail`)."""

    loc: str
    code: str
    detail: str


class ProblemError(Exception):
    """The server refused the request, or failed.

    Decide by `slug`, such as `conversation-blocked`: `/problems` on the server explains each. `members` has what else the problem
    says, such as `opted_out`. `errors` is filled for `invalid-request`.
    """

    def __init__(self, response: httpx.Response) -> None:
        said = _read(response)
        self.status = response.status_code
        self.slug = str(said.pop("type", UNEXPLAINED)).rpartition(_PREFIX)[2]
        self.title = str(said.pop("title", response.reason_phrase))
        self.detail = str(said.pop("detail", ""))
        self.errors = _faults(said.get("errors"))
        self.members = said
        self.correlation_id = response.headers.get("Groupchat-Correlation-Id")
        self.retry_after = _seconds(response.headers.get("Retry-After"))
        super().__init__(f"{self.slug} ({self.status}): {self.detail or self.title}")

    @property
    def nothing_done(self) -> bool:
        """Whether the server did nothing for now, so that every request can be repeated."""
        return self.status in _NOTHING_DONE

    @property
    def passes(self) -> bool:
        """Whether the same request can succeed later. It may have been executed, unless `nothing_done`."""
        return self.nothing_done or self.status in _IN_BETWEEN or self.retry_after is not None


def require_success(response: httpx.Response) -> None:
    """Raise `ProblemError` if a response, whose body is read, is not a success."""
    if not response.is_success:
        raise ProblemError(response)


def _read(response: httpx.Response) -> dict[str, Any]:
    try:
        return msgspec.json.decode(response.content, type=dict[str, Any])
    except msgspec.DecodeError:
        return {}


def _faults(said: Any) -> tuple[Fault, ...]:
    try:
        return msgspec.convert(said, tuple[Fault, ...])
    except msgspec.ValidationError:
        return ()


def _seconds(written: str | None) -> float | None:
    """Return the seconds of a `Retry-After`; a proxy may write a date instead, which is ignored."""
    return float(written) if written is not None and written.isdigit() else None
