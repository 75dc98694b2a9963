"""Rate limits: requests per second for each key and for each workspace, and failed logins per minute for each client's address.

They are counted in this process's memory (GCRA, by the library `throttled-py`; docs/adr says why), so each of several API processes
counts separately. The number of counters is limited: the least recently used are dropped.
"""

from collections.abc import Callable
from math import ceil

from msgspec import Struct
from throttled import MemoryStore, RateLimiterType, Throttled, rate_limiter
from throttled.rate_limiter import Quota

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


class Throttle:
    """The remaining share of each caller; 0 means no limit."""

    def __init__(
        self,
        requests_a_second: int = REQUESTS_A_SECOND,
        failed_logins_a_minute: int = FAILED_LOGINS_A_MINUTE,
        *,
        workspace_requests_a_second: int = WORKSPACE_REQUESTS_A_SECOND,
    ) -> None:
        self._of_keys = _limiter(requests_a_second, rate_limiter.per_sec)
        self._of_workspaces = _limiter(workspace_requests_a_second, rate_limiter.per_sec)
        self._failures = _limiter(failed_logins_a_minute, rate_limiter.per_min)
        self._pause = ceil(60 / failed_logins_a_minute) if failed_logins_a_minute else 0

    def count(self, key_id: str, workspace_id: str) -> Share | None:
        """Count a request; return the remaining requests of the key, or of the workspace if those are fewer."""
        key = _share("key", self._of_keys, key_id)
        if key is not None and key.retry_after is not None:
            return key
        workspace = _share("workspace", self._of_workspaces, workspace_id)
        if key is None or workspace is None:
            return key or workspace
        return workspace if workspace.retry_after is not None or workspace.remaining < key.remaining else key

    def failed(self, address: str) -> None:
        """Count a failed login."""
        if self._failures is not None:
            self._failures.limit(address)

    def refuse_barred(self, address: str) -> None:
        """Raise `TooManyRequestsError` if too many logins from an address have failed."""
        if self._failures is not None and self._failures.peek(address).remaining < 1:
            msg = "Too many logins from this address have failed. Wait for the time in Retry-After."
            raise TooManyRequestsError(msg, self._pause)


def _share(of: str, limiter: Throttled | None, name: str) -> Share | None:
    if limiter is None:
        return None
    asked = limiter.limit(name)
    state = asked.state
    return Share(of, state.limit, state.remaining, ceil(state.reset_after), state.retry_after if asked.limited else None)


def _limiter(limit: int, per: Callable[[int, int], Quota]) -> Throttled | None:
    if not limit:
        return None
    return Throttled(using=RateLimiterType.GCRA.value, quota=per(limit, limit), store=MemoryStore(options={"MAX_SIZE": _COUNTED}))
