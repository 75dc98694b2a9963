import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupchat.values import phone
from groupchat.values.phone import InvalidNumberError
from tests.support.builders import BUSINESS, canadian_number, number, numbers


@pytest.mark.parametrize(
    "written",
    [
        "+14155550101",
        "(415) 555-0101",
        "415.555.0101",
        "415 555 0101",
        "1-415-555-0101",
        "+1 (415)\u00a0555\u20110101",
        "415\u2013555\u20130101",
        "  415-555-0101\n",
        "tel:+1-415-555-0101",
        "\uff14\uff11\uff15\uff15\uff15\uff15\uff10\uff11\uff10\uff11",
        "\u0664\u0661\u0665\u0665\u0665\u0665\u0660\u0661\u0660\u0661",
    ],
)
def test_a_number_is_read_in_any_form_that_a_person_writes_R3(written):
    assert phone.to_e164(written) == "+14155550101"


@pytest.mark.parametrize(
    ("written", "kept"),
    [("+44 20 7946 0958", "+442079460958"), ("011 44 20 7946 0958", "+442079460958"), ("+49 (0)151 23456789", "+4915123456789")],
)
def test_a_foreign_number_is_kept_with_its_country_code_R3(written, kept):
    assert phone.to_e164(written) == kept


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "can't be read"),
        ("hello", "can't be read"),
        ("+999 123", "can't be read"),
        ("415 555 0101, 415 555 0102", "can't be read"),
        ("1" * 400, "can't be read"),
        ("12", "numbering plan"),
        ("5550101", "numbering plan"),
        ("+1 415 555 010", "numbering plan"),
        ("+1 415 555 01011", "numbering plan"),
        ("+1 055 555 0101", "numbering plan"),
        ("415-555-0101 x5", "extension"),
        ("+442079460958#12", "extension"),
        ("+14155550101;ext=12", "extension"),
    ],
)
def test_what_is_no_number_is_refused_with_the_reason_R3(written, reason):
    with pytest.raises(InvalidNumberError, match=reason):
        phone.to_e164(written)


@given(st.text(max_size=30))
def test_any_text_is_a_valid_number_or_refused_and_nothing_else_R3(text):
    try:
        e164 = phone.to_e164(text)
    except InvalidNumberError:
        return
    assert phonenumbers.is_valid_number(phonenumbers.parse(e164))
    assert phone.to_e164(e164) == e164


@given(numbers())
def test_a_number_written_as_people_of_its_country_or_others_write_it_is_the_same_R3(e164):
    parsed = phonenumbers.parse(e164)
    for form in (phonenumbers.PhoneNumberFormat.NATIONAL, phonenumbers.PhoneNumberFormat.INTERNATIONAL):
        assert phone.to_e164(phonenumbers.format_number(parsed, form)) == e164


@pytest.mark.parametrize(
    ("e164", "region"),
    [
        (number(1), "US"),
        (canadian_number(1), "CA"),
        (BUSINESS, "US"),
        ("+18765551234", "JM"),
        ("+17875551234", "PR"),
        ("+16715550101", "GU"),
        ("+442079460958", "GB"),
        ("+80012345678", "001"),
    ],
)
def test_a_number_belongs_to_a_region_also_among_those_that_share_a_country_code_R4(e164, region):
    assert phone.region_of(e164) == region


@pytest.mark.parametrize(
    ("e164", "kind"),
    [
        ("+18005550199", "toll-free"),
        ("+18885550199", "toll-free"),
        ("+18335550199", "toll-free"),
        ("+80012345678", "toll-free"),
        ("+19005551234", "premium-rate"),
        ("+15005551234", "personal"),
        ("+447012345678", "personal"),
    ],
)
def test_toll_free_premium_rate_and_personal_numbers_cannot_be_texted_R4(e164, kind):
    assert not phone.can_be_texted(e164)
    assert phone.is_toll_free(e164) == (kind == "toll-free")


@pytest.mark.parametrize("e164", [number(1), canadian_number(1), "+18765551234", "+17875551234", "+442079460958"])
def test_ordinary_numbers_can_be_texted_in_any_region_R4(e164):
    assert phone.can_be_texted(e164)
    assert not phone.is_toll_free(e164)


@given(numbers())
def test_the_numbers_of_the_tests_are_valid_and_of_the_allowed_regions_R4(e164):
    assert phone.to_e164(e164) == e164
    assert phone.region_of(e164) in ("US", "CA")
    assert phone.can_be_texted(e164)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("(415) 555-01", "41555501"),
        ("+1 415.555/0101", "14155550101"),
        ("415\u00a0555", "415555"),
        ("415\u2013555", "415555"),
        ("415\u2011555", "415555"),
        ("0101", "0101"),
        ("Ann 2", ""),
        ("Room 101", ""),
        ("", ""),
        ("()", ""),
    ],
)
def test_the_digits_of_a_piece_of_a_number_are_found_in_any_written_form_R27(text, digits):
    assert phone.digits_in(text) == digits
