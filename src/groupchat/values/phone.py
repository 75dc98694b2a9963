"""Phone numbers: written in any way by people, kept as E.164 (R3), judged by `phonenumbers` (Google's libphonenumber)."""

from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

DEFAULT_REGION = "US"
"""The region of a number that is written without a country code."""

_NOT_TEXTABLE = frozenset({PhoneNumberType.TOLL_FREE, PhoneNumberType.PREMIUM_RATE, PhoneNumberType.PERSONAL_NUMBER})
_WRITTEN_WITH = frozenset("0123456789+-().,/ \t\u00a0\u2010\u2011\u2012\u2013\u2014")
"""Digits and what people put between them, the dashes that word processors make among it."""


class InvalidNumberError(ValueError):
    """The text is not a phone number that exists in any numbering plan; the message says why."""


@lru_cache(maxsize=65_536)
def to_e164(written: str) -> str:
    """Return the E.164 form (`+14155550101`) of a number in any form that a person writes.

    Raises `InvalidNumberError` if it can't be one: unreadable, not in its country's numbering plan, or with an extension (which
    can't be texted).
    """
    try:
        parsed = phonenumbers.parse(written, DEFAULT_REGION)
    except phonenumbers.NumberParseException as error:
        msg = f"{written!r} can't be read as a phone number: write it with its country code, as +14155550101"
        raise InvalidNumberError(msg) from error
    if parsed.extension:
        msg = f"{written!r} has an extension, which can't be texted: give the number alone"
        raise InvalidNumberError(msg)
    if not phonenumbers.is_valid_number(parsed):
        msg = f"{written!r} is in no country's numbering plan: check its digits"
        raise InvalidNumberError(msg)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=65_536)
def region_of(e164: str) -> str:
    """Return the ISO 3166 region of an E.164 number, as `US`; `001` where a number belongs to no one region."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(e164)) or "001"


@lru_cache(maxsize=65_536)
def can_be_texted(e164: str) -> bool:
    """Tell whether a number is neither toll-free, premium-rate nor personal (R4)."""
    return phonenumbers.number_type(phonenumbers.parse(e164)) not in _NOT_TEXTABLE


@lru_cache(maxsize=65_536)
def is_toll_free(e164: str) -> bool:
    """Tell whether a number is toll-free (R4)."""
    return phonenumbers.number_type(phonenumbers.parse(e164)) == PhoneNumberType.TOLL_FREE


def digits_in(text: str) -> str:
    """Return the digits of a piece of a number as a person writes it, or nothing if the text is not one.

    `(415) 555-01` gives `41555501`; `Ann 2` gives the empty string.
    """
    if not all(character in _WRITTEN_WITH for character in text):
        return ""
    return "".join(character for character in text if character.isdigit())
