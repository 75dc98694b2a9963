"""Moments as people write them."""

from datetime import UTC, datetime

import pytest

from groupchat.values import moments


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2025-01-31T23:59:30Z", datetime(2025, 1, 31, 23, 59, 30, tzinfo=UTC)),
        ("2025-02-01t01:59:30.5+02:00", datetime(2025, 1, 31, 23, 59, 30, 500_000, tzinfo=UTC)),
        ("2025-01-31", datetime(2025, 1, 31, tzinfo=UTC)),
    ],
)
def test_a_moment_is_a_time_with_its_offset_or_a_dates_first_moment_in_utc(written, moment):
    assert moments.read(written) == moment


@pytest.mark.parametrize(
    "written", ["", "yesterday", "2025-01-31T12:00:00", "2025-02-30", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"]
)
def test_anything_else_says_what_a_moment_is(written):
    with pytest.raises(moments.UnreadableMomentError, match="Give a time with its offset"):
        moments.read(written)
