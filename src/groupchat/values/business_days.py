"""Business days in the United States: what the FCC counts for an opt-out in a person's own words (R40; 47 CFR 64.1200(a)(10))."""

from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

import holidays

_EASTERN = timezone(timedelta(hours=-5))
"""Standard time of the East Coast, all year: a day is counted where the law is made."""
_WEEKEND = 5


def business_days_after(moment: datetime, days: int) -> datetime:
    """Return the same time of day on the n-th business day after a moment. Weekends and US federal holidays don't count."""
    later = moment.astimezone(_EASTERN)
    for _ in range(days):
        later += timedelta(days=1)
        while not is_business_day(later.date()):
            later += timedelta(days=1)
    return later.astimezone(moment.tzinfo)


def is_business_day(day: date) -> bool:
    """Return whether a day is neither on a weekend nor a US federal holiday, as observed."""
    return day.weekday() < _WEEKEND and day not in _holidays_of(day.year)


@lru_cache
def _holidays_of(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("US", years=year))
