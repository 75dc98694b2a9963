"""When a message is sent again, and when a webhook is given up on (R55)."""

from datetime import timedelta

RETRIES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""The pauses after the first failed attempt, the second, and so on. After the last, a message is set aside."""
SWITCH_OFF_AFTER = timedelta(days=3)
"""A webhook is switched off when no call has succeeded for this long."""
DOWN_AFTER = 5
"""After so many failed calls in a row, a success means that the receiver works again, and everything that waits is sent at once."""
LONGEST_RETRY_AFTER = timedelta(hours=1)
"""The longest pause that a receiver can ask for, in addition to the schedule."""


def pause_after(attempts: int, retry_after: float | None = None) -> timedelta | None:
    """Return the pause after so many failed attempts of a message; none if that was the last."""
    if attempts > len(RETRIES):
        return None
    asked = min(timedelta(seconds=retry_after or 0), LONGEST_RETRY_AFTER)
    return max(RETRIES[attempts - 1], asked)
