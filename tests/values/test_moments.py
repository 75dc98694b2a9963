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
def test_any_other_text_is_refused_with_the_form_of_a_moment(written):
    with pytest.raises(moments.UnreadableMomentError, match="Give a time with its offset"):
        moments.read(written)


def test_a_date_can_begin_in_another_zone():
    assert moments.read("2025-01-31", moments.read_zone("America/New_York")) == datetime(2025, 1, 31, 5, tzinfo=UTC)


def test_a_moment_is_shown_to_the_second_with_its_zone():
    moment = datetime(2025, 7, 1, 3, 59, 30, 999_999, tzinfo=UTC)
    assert moments.shown(moment) == "2025-07-01 03:59:30 UTC"
    assert moments.shown(moment, moments.read_zone("America/New_York")) == "2025-06-30 23:59:30 EDT"


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("New York", "Similar names: America/New_York"),
        ("america/new_york", "Similar names: America/New_York"),
        ("../etc/passwd", "Use UTC, or a name such as"),
        ("", "Use UTC, or a name such as"),
    ],
)
def test_an_unknown_zone_is_reported_with_similar_names(written: str, reason: str):
    with pytest.raises(moments.UnknownZoneError, match=reason):
        moments.read_zone(written)
