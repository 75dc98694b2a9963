from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from groupchat.values.business_days import business_days_after, is_business_day


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        (datetime(2026, 11, 9, 15, tzinfo=UTC), datetime(2026, 11, 24, 15, tzinfo=UTC)),  # Veterans Day
        (datetime(2026, 11, 20, 15, tzinfo=UTC), datetime(2026, 12, 7, 15, tzinfo=UTC)),  # Thanksgiving
        (datetime(2026, 12, 18, 15, tzinfo=UTC), datetime(2027, 1, 5, 15, tzinfo=UTC)),  # Christmas, New Year's Day
        (datetime(2027, 6, 30, 15, tzinfo=UTC), datetime(2027, 7, 15, 15, tzinfo=UTC)),  # July 4 is a Sunday, observed on Monday
        (datetime(2026, 6, 14, 3, tzinfo=UTC), datetime(2026, 6, 30, 3, tzinfo=UTC)),  # Saturday evening in New York; Juneteenth
    ],
)
def test_ten_business_days_skip_weekends_and_federal_holidays_R40(moment, due):
    assert business_days_after(moment, 10) == due


def test_weekends_and_holidays_are_not_business_days_R40():
    days = [date(2026, 11, 26), date(2026, 11, 27), date(2026, 11, 28), date(2026, 11, 29), date(2026, 11, 30)]
    assert [is_business_day(day) for day in days] == [False, True, False, False, True]


@for_any(st.integers(0, 50_000))
def test_ten_business_days_are_about_two_weeks_R40(hours):
    moment = datetime(2024, 2, 28, tzinfo=UTC) + timedelta(hours=hours)
    assert timedelta(days=12) <= business_days_after(moment, 10) - moment <= timedelta(days=19)
