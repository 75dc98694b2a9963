"""Moments as people write and read them: a time with its offset, or a date; and time zones by name."""

from datetime import UTC, date, datetime, time, tzinfo
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from groupchat.values.event import Moment


class UnreadableMomentError(ValueError):
    """The text is not a moment. The message says what is expected."""

    def __init__(self) -> None:
        super().__init__("Give a time with its offset, as in 2025-01-31T23:59:30Z, or a date")


class UnknownZoneError(ValueError):
    """The text is not the name of a time zone. The message names similar ones."""

    def __init__(self, name: str) -> None:
        alike = get_close_matches(name.replace(" ", "_"), sorted(available_timezones()), n=3, cutoff=0.5)
        meant = f" Similar names: {', '.join(alike)}." if alike else ""
        super().__init__(f"{name!r} is not a time zone. Use UTC, or a name such as America/New_York or Europe/Berlin.{meant}")


def read(written: str, zone: tzinfo = UTC) -> datetime:
    """Return a moment in UTC; a date is its first moment in the zone. Raises `UnreadableMomentError`."""
    try:
        if "T" not in written.upper():
            return datetime.combine(date.fromisoformat(written), time.min, zone).astimezone(UTC)
        moment: datetime = msgspec.convert(written, Moment)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError, msgspec.ValidationError) as error:
        raise UnreadableMomentError from error


def read_zone(name: str) -> ZoneInfo:
    """Return the time zone of a name in the IANA database; raises `UnknownZoneError`."""
    if name not in available_timezones():  # first, because a name is part of a file's path
        raise UnknownZoneError(name)
    return ZoneInfo(name)


def shown(moment: datetime, zone: tzinfo = UTC) -> str:
    """Return a moment as people read it, to the second and with its zone: `2025-01-31 18:59:30 EST`."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"
