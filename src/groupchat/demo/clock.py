"""The clock of a process with the demo: it shows a past time while the story is written, so that a month has passed at its end."""

from datetime import UTC, datetime, time, timedelta

from groupchat.values.clock import utc_now


class StoryClock:
    """A clock that can be set back. Time passes on it as it does elsewhere, so whatever waits for a moment still sees it come."""

    def __init__(self) -> None:
        self._behind = timedelta()

    def __call__(self) -> datetime:
        """Return the time: the present one, unless the clock is set back."""
        return utc_now() - self._behind

    def set_to(self, days_ago: int, hour: int) -> None:
        """Go to an hour of a past day (UTC)."""
        now = utc_now()
        self._behind = now - datetime.combine((now - timedelta(days=days_ago)).date(), time(hour), UTC)

    def set_back(self, minutes: float) -> None:
        """Go to a moment shortly before the present time."""
        self._behind = timedelta(minutes=minutes)

    def advance(self, minutes: float) -> None:
        """Let time pass, but not beyond the present time."""
        self._behind = max(self._behind - timedelta(minutes=minutes), timedelta())

    def set_to_present(self) -> None:
        """Show the present time from now on."""
        self._behind = timedelta()
