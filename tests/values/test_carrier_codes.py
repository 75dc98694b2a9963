import pytest

from groupchat.values import carrier_codes
from groupchat.values.carrier_codes import meaning_of


@pytest.mark.parametrize("code", ["40300", "4475", "4775", "21610"])
def test_each_carriers_word_for_an_opt_out_is_known_R49(code):
    assert meaning_of(code) == "The recipient opted out with the carrier."


def test_an_unknown_code_comes_with_a_place_to_look_it_up_R49():
    assert meaning_of("77777") == "The carrier's documentation explains this code."


def test_no_code_has_two_meanings_R49():
    tables = [carrier_codes._TELNYX, carrier_codes._BANDWIDTH, carrier_codes._TWILIO]
    assert sum(map(len, tables)) == len(set().union(*tables))
