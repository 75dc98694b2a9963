"""Progress reports of work on the log."""

from collections.abc import Callable

OnProgress = Callable[[int, int], None]
"""Called with the number of events that are done, and their total."""

EVENTS_PER_REPORT = 1_000
"""The number of events between two reports."""
