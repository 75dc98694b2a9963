"""Moments as people write them: a time with its offset, or a date."""

from datetime import UTC, date, datetime, time

import msgspec

from groupchat.values.event import Moment


class UnreadableMomentError(ValueError):
    """The text is not a moment. The message says what is expected."""

    def __init__(self) -> None:
        super().__init__("Give a time with its offset, as in 2025-01-31T23:59:30Z, or a date")


def read(written: str) -> datetime:
    """Return a moment in UTC; a date is its first moment in UTC. Raises `UnreadableMomentError`."""
    try:
        if "T" not in written.upper():
            return datetime.combine(date.fromisoformat(written), time.min, UTC)
        moment: datetime = msgspec.convert(written, Moment)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError, msgspec.ValidationError) as error:
        raise UnreadableMomentError from error
