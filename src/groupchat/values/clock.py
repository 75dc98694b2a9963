"""The clock: the only module that reads the time, and the conversion of times to numbers for tables."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the current time, in UTC, to the microsecond."""
    return datetime.now(UTC)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Return a time as microseconds since 1970, in UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the time that is this many microseconds after the beginning of 1970, in UTC."""
    return _EPOCH + micros * _MICROSECOND


def month_of(moment: datetime) -> str:
    """Return the month of a time, in UTC, as `2026-11`."""
    day = moment.astimezone(UTC)
    return f"{day.year:04}-{day.month:02}"  # strftime takes six times as long
