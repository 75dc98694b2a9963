"""The clock: the one place that asks for the time."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the current time, in UTC, to the microsecond."""
    return datetime.now(UTC)
