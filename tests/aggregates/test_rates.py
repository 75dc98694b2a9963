"""The rate card (R25): by date, then by posting; the first second of a date in UTC; exact decimals."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st

from groupchat.aggregates import workspace_state
from groupchat.aggregates.rate_card import PostRate
from groupchat.aggregates.workspace_events import RatePosted
from groupchat.aggregates.workspace_state import DEFAULT_RATE
from groupchat.commands.streams import WORKSPACE
from groupchat.values.errors import InvalidRequestError
from groupchat.values.money import Rate, amount_of
from tests.support.builders import a_rate, a_workspace
from tests.support.given_when_then import fold, given

MARCH = date(2025, 3, 1)
DAYS = [MARCH + timedelta(days=n) for n in range(-3, 4)]


def posted(day: date, price: str = "0.03", currency: str = "USD") -> RatePosted:
    return RatePosted(effective_from=day, rate=a_rate(price, currency))


def rate_at(card: list[RatePosted], moment: datetime) -> Rate:
    return fold(workspace_state.evolve, [a_workspace(), *card]).rate_at(moment)


def first_second(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


@pytest.mark.parametrize(("offset", "price"), [(-1, "0.0200"), (0, "0.03"), (1, "0.03"), (86_400_000_000, "0.03")])
def test_a_rate_holds_from_the_first_microsecond_of_its_date_and_not_one_before_R25(offset: int, price: str):
    moment = first_second(MARCH) + timedelta(microseconds=offset)
    assert rate_at([posted(MARCH)], moment).mms_segment == Decimal(price)


@pytest.mark.parametrize("hours", [-12, -8, 0, 5.5, 14])
def test_the_date_is_that_of_utc_in_any_time_zone_R25(hours: float):
    zone = timezone(timedelta(hours=hours))
    for offset, price in ((-1, "0.0200"), (0, "0.03")):
        moment = (first_second(MARCH) + timedelta(microseconds=offset)).astimezone(zone)
        assert rate_at([posted(MARCH)], moment).mms_segment == Decimal(price)


def test_the_latest_posted_rate_of_a_date_applies_even_if_it_is_the_same_or_free_R25():
    card = [posted(MARCH, "0.05"), posted(MARCH, "0.03"), posted(MARCH, "0")]
    assert [str(rate_at(card[:n], first_second(MARCH)).mms_segment) for n in (1, 2, 3)] == ["0.05", "0.03", "0"]


def test_a_rate_for_the_past_that_is_posted_later_yields_to_a_later_date_R25():
    card = [posted(MARCH, "0.03"), posted(date(2025, 2, 1), "0.09")]
    assert str(rate_at(card, first_second(MARCH)).mms_segment) == "0.03"
    assert str(rate_at(card, first_second(date(2025, 2, 28))).mms_segment) == "0.09"


def test_a_rate_may_have_another_currency_R25():
    card = [posted(date(2025, 2, 1)), posted(MARCH, "0.04", "CAD")]
    assert [rate_at(card, first_second(day)).currency for day in (date(2025, 2, 1), MARCH)] == ["USD", "CAD"]


@given_any(
    card=st.lists(st.tuples(st.sampled_from(DAYS), st.integers(0, 9)), max_size=8),
    at=st.datetimes(datetime(2025, 2, 25), datetime(2025, 3, 6), timezones=st.just(UTC)),  # noqa: DTZ001 - Hypothesis adds the zone
)
def test_the_rate_is_that_of_the_latest_date_begun_then_of_the_latest_posting_R25(card, at):
    expected = DEFAULT_RATE.mms_segment
    for day in DAYS:
        if first_second(day) <= at:
            of_day = [cents for posted_for, cents in card if posted_for == day]
            expected = Decimal(of_day[-1]) / 100 if of_day else expected
    found = rate_at([posted(day, str(Decimal(cents) / 100)) for day, cents in card], at)
    assert found.mms_segment == expected


@pytest.mark.parametrize("price", ["0", "0.0", "0.000000000001", "0.0200", "999999999.999999999999", "123456789.123456789012"])
def test_a_price_is_kept_to_its_last_of_twelve_places_and_multiplied_exactly_R25(price: str):
    rate = a_rate(price)
    state = given(WORKSPACE, a_workspace()).when(PostRate(effective_from=MARCH, rate=rate)).then(posted(MARCH, price)).state
    found = state.rate_at(first_second(MARCH))
    assert str(found.mms_segment) == str(Decimal(price))
    for segments in (1, 50, -50):
        exactly = int(Decimal(price).scaleb(12)) * segments
        assert amount_of(segments, found) == Decimal(exactly).scaleb(-12)


@pytest.mark.parametrize("currency", ["XYZ", "XXX", "XAU", "DEM", "usd"])
def test_a_rate_in_a_currency_that_does_not_exist_is_refused_R25(currency):
    rate = Rate(mms_segment=Decimal("0.02"), currency=currency)
    refusal = given(WORKSPACE, a_workspace()).when(PostRate(effective_from=MARCH, rate=rate)).refused(InvalidRequestError)
    assert refusal.members["errors"][0]["loc"] == "currency"
