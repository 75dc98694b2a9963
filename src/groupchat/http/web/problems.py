"""Problems (RFC 9457): the response to a refusal or a failure, from a table of slugs and their meanings."""

import traceback
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from msgspec import Struct

from groupchat.http.web.refusals import InternalError, TooManyRequestsError
from groupchat.http.web.reply import Reply, encode_json
from groupchat.values.errors import FaultCode, RefusalError

PROBLEM = b"application/problem+json"
RETRY_AFTER = b"1"

Passing = Callable[[Exception, str], RefusalError | None]
"""Returns the response to a failure that passes; arguments are the failure and the operation."""

WayOn = Callable[[RefusalError], tuple[str, dict[str, Any]]]
"""Returns what a response adds to a refusal's own words and members: what to do next."""

log = structlog.get_logger()


class Fault(Struct, frozen=True):
    """A fault in a request, and its place: `participants.0.number`, `query.limit`, or a header's name."""

    loc: str
    code: FaultCode
    detail: str


class ProblemKind(Struct, frozen=True):
    """A type of problem: its meaning and what to do (`text`), and the types of its members besides RFC 9457's own."""

    status: int
    title: str
    text: str
    members: dict[str, Any] = {}
    example: dict[str, Any] = {}
    headers: dict[bytes, bytes] = {}
    passes: bool = False
    """Whether repeating the request is sufficient, even if the status does not say so."""

    @property
    def says_when(self) -> bool:
        """Whether the response has the header `Retry-After`."""
        return self.passes or self.status in (429, 503)


class Problems:
    """Responds to refusals and failures."""

    def __init__(self, kinds: Mapping[str, ProblemKind], passing: Passing, way_on: WayOn) -> None:
        self._kinds = kinds
        self._passing = passing
        self._way_on = way_on

    def reply(self, error: Exception, *, instance: str, operation: str, correlation_id: str) -> Reply:
        """Return the response to an error. Failures are logged without their messages, which may quote people's messages."""
        refusal = error if isinstance(error, RefusalError) else self._passing(error, operation)
        if refusal is None:
            where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)[-8:]]
            log.error("request_failed", operation=operation, error=type(error).__name__, where=where)
            refusal = InternalError(correlation_id)
        return self.problem(refusal, instance)

    def problem(self, refusal: RefusalError, instance: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Reply:
        """Return a refusal as `application/problem+json`; its members become extension members."""
        kind = self._kinds[refusal.slug]
        further, members = self._way_on(refusal)
        body = {
            "type": f"/problems/{refusal.slug}",
            "title": kind.title,
            "status": kind.status,
            "detail": f"{refusal.detail} {further}".rstrip(),
            "instance": instance,
        }
        headers = (*_headers(kind, refusal), *headers)
        return Reply(kind.status, encode_json(body | refusal.members | members), PROBLEM, headers, refusal.slug)


def _headers(kind: ProblemKind, refusal: RefusalError) -> tuple[tuple[bytes, bytes], ...]:
    if isinstance(refusal, TooManyRequestsError):
        return ((b"retry-after", b"%d" % refusal.retry_after),)
    return (*kind.headers.items(), *(((b"retry-after", RETRY_AFTER),) if kind.says_when else ()))
