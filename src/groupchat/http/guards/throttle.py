"""Rate limits: requests per second for each key and for each workspace, and failed logins per minute for each client's address.

They are counted in this process's memory (docs/adr/0013-limits-are-counted-in-each-process.md), so each of several API processes
counts separately. The number of counters is limited: the least recently used are dropped.
"""

from collections import OrderedDict
from math import ceil
from time import monotonic

from msgspec import Struct

from groupchat.http.web.refusals import TooManyRequestsError
from groupchat.http.web.request import Headers

REQUESTS_A_SECOND = 500
WORKSPACE_REQUESTS_A_SECOND = 2_000
FAILED_LOGINS_A_MINUTE = 300
_COUNTED = 50_000


class Share(Struct, frozen=True):
    """The remaining requests of a `key` or `workspace`, and the seconds until all of them are available again."""

    of: str
    limit: int
    remaining: int
    resets_in: int
    retry_after: float | None
    """Seconds, if the request was one too many."""

    @property
    def headers(self) -> Headers:
        """The headers of the IETF's draft "RateLimit header fields for HTTP"."""
        of = self.of.encode()
        left = b'"%b";r=%d;t=%d' % (of, self.remaining, self.resets_in)
        return ((b"ratelimit-policy", b'"%b";q=%d;w=1' % (of, self.limit)), (b"ratelimit", left))

    def require(self) -> None:
        """Raise `TooManyRequestsError` if the request was one too many."""
        if self.retry_after is not None:
            msg = f"This {self.of} has made too many requests. Wait for the time in Retry-After."
            raise TooManyRequestsError(msg, ceil(self.retry_after))


class Budgets:
    """The budgets of many names: `limit` requests each, which refill evenly within `seconds`.

    This is the generic cell rate algorithm (GCRA): all that is known of a budget is the moment when it will be full again.
    """

    def __init__(self, of: str, limit: int, seconds: float) -> None:
        self._of = of
        self._limit = limit
        self._pause = seconds / limit
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def take(self, name: str) -> Share:
        """Take one request from a budget, if it has one left."""
        now = monotonic()
        full_in = max(self._full_at.get(name, now) - now, 0.0)
        lacking = full_in - (self._limit - 1) * self._pause
        if lacking > 0:
            return Share(self._of, self._limit, 0, ceil(full_in), lacking)
        full_in += self._pause
        self._full_at[name] = now + full_in
        self._full_at.move_to_end(name)
        if len(self._full_at) > _COUNTED:
            self._full_at.popitem(last=False)
        return Share(self._of, self._limit, int(self._limit - full_in / self._pause), ceil(full_in), None)

    def is_empty(self, name: str) -> bool:
        """Return whether a budget has no request left."""
        return self._full_at.get(name, 0.0) - monotonic() > (self._limit - 1) * self._pause


class Throttle:
    """The remaining share of each caller; 0 means no limit."""

    def __init__(
        self,
        requests_a_second: int = REQUESTS_A_SECOND,
        failed_logins_a_minute: int = FAILED_LOGINS_A_MINUTE,
        *,
        workspace_requests_a_second: int = WORKSPACE_REQUESTS_A_SECOND,
    ) -> None:
        self._of_keys = Budgets("key", requests_a_second, 1) if requests_a_second else None
        self._of_workspaces = Budgets("workspace", workspace_requests_a_second, 1) if workspace_requests_a_second else None
        self._failures = Budgets("address", failed_logins_a_minute, 60) if failed_logins_a_minute else None
        self._pause = ceil(60 / failed_logins_a_minute) if failed_logins_a_minute else 0

    def count(self, key_id: str, workspace_id: str) -> Share | None:
        """Count a request; return the remaining requests of the key, or of the workspace if those are fewer."""
        key = None if self._of_keys is None else self._of_keys.take(key_id)
        if key is not None and key.retry_after is not None:
            return key
        workspace = None if self._of_workspaces is None else self._of_workspaces.take(workspace_id)
        if key is None or workspace is None:
            return key or workspace
        return workspace if workspace.retry_after is not None or workspace.remaining < key.remaining else key

    def failed(self, address: str) -> None:
        """Count a failed login."""
        if self._failures is not None:
            self._failures.take(address)

    def refuse_barred(self, address: str) -> None:
        """Raise `TooManyRequestsError` if too many logins from an address have failed."""
        if self._failures is not None and self._failures.is_empty(address):
            msg = "Too many logins from this address have failed. Wait for the time in Retry-After."
            raise TooManyRequestsError(msg, self._pause)
