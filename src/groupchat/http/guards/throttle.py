"""Rate limits: requests per second for each key, and failed logins per minute for each client's address.

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
FAILED_LOGINS_A_MINUTE = 300
_COUNTED = 50_000


class Share(Struct, frozen=True):
    """What is left of a key's requests, and in how many seconds all of them are there again."""

    limit: int
    remaining: int
    resets_in: int
    retry_after: float | None
    """Seconds, if the request was one too many."""

    @property
    def headers(self) -> Headers:
        """The headers of the IETF's draft "RateLimit header fields for HTTP"."""
        left = b'"key";r=%d;t=%d' % (self.remaining, self.resets_in)
        return ((b"ratelimit-policy", b'"key";q=%d;w=1' % self.limit), (b"ratelimit", left))

    def require(self) -> None:
        """Raise `TooManyRequestsError` if the request was one too many."""
        if self.retry_after is not None:
            msg = "This key has made too many requests. Wait for the time in Retry-After."
            raise TooManyRequestsError(msg, ceil(self.retry_after))


class Throttle:
    """The remaining share of each caller; 0 means no limit."""

    def __init__(self, requests_a_second: int = REQUESTS_A_SECOND, failed_logins_a_minute: int = FAILED_LOGINS_A_MINUTE) -> None:
        self._requests = _limiter(requests_a_second, rate_limiter.per_sec)
        self._failures = _limiter(failed_logins_a_minute, rate_limiter.per_min)
        self._pause = ceil(60 / failed_logins_a_minute) if failed_logins_a_minute else 0

    def count(self, key_id: str) -> Share | None:
        """Count a request, and return what is left of the key's; none without a limit."""
        if self._requests is None:
            return None
        asked = self._requests.limit(key_id)
        state = asked.state
        return Share(state.limit, state.remaining, ceil(state.reset_after), state.retry_after if asked.limited else None)

    def failed(self, address: str) -> None:
        """Count a failed login."""
        if self._failures is not None:
            self._failures.limit(address)

    def refuse_barred(self, address: str) -> None:
        """Raise `TooManyRequestsError` if too many logins from an address have failed."""
        if self._failures is not None and self._failures.peek(address).remaining < 1:
            msg = "Too many logins from this address have failed. Wait for the time in Retry-After."
            raise TooManyRequestsError(msg, self._pause)


def _limiter(limit: int, per: Callable[[int, int], Quota]) -> Throttled | None:
    if not limit:
        return None
    return Throttled(using=RateLimiterType.GCRA.value, quota=per(limit, limit), store=MemoryStore(options={"MAX_SIZE": _COUNTED}))
