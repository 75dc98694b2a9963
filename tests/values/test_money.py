from decimal import Decimal, Inexact, localcontext
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupchat.values.money import Rate, amount_of
from tests.support.builders import a_rate, rates


def test_five_segments_cost_five_times_the_rate_R24():
    assert amount_of(5, a_rate("0.0200")) == Decimal("0.1")


def test_an_amount_keeps_the_places_of_its_rate_R25():
    assert str(amount_of(5, a_rate("0.0200"))) == "0.1000"


@given(st.integers(-500_000, 500_000), rates())
def test_an_amount_is_exact_at_any_rate_R25(segments, rate):
    assert Fraction(amount_of(segments, rate)) == segments * Fraction(rate.mms_segment)


@given(st.integers(1, 50), rates())
def test_a_credit_answers_its_charge_to_the_last_place_R16(segments, rate):
    assert amount_of(segments, rate) + amount_of(-segments, rate) == 0


def test_an_amount_does_not_depend_on_the_callers_decimal_context_R25():
    with localcontext(prec=3):
        assert amount_of(7, a_rate("0.123456789")) == Decimal("0.864197523")


def test_an_amount_that_cannot_be_exact_is_refused_rather_than_rounded_R25():
    with pytest.raises(Inexact):
        amount_of(3, a_rate("0." + "3" * 61))


@given(rates())
def test_a_rate_is_stored_and_read_again_to_the_last_place_R25(rate):
    again = msgspec.json.decode(msgspec.json.encode(rate), type=Rate)
    assert (str(again.mms_segment), again.currency) == (str(rate.mms_segment), rate.currency)


@pytest.mark.parametrize("currency", ["usd", "US", "DOLLAR", ""])
def test_a_currency_is_three_capital_letters_R25(currency):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"mms_segment": "0.02", "currency": currency}, Rate)
