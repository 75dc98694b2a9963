"""How long work on the log reports its progress."""

from collections.abc import Callable

OnProgress = Callable[[int, int], None]
"""Called with how many events are done, and how many there are."""

EVENTS_PER_REPORT = 1_000
"""After how many events progress is reported."""
