"""Phone numbers: written in any way by people, stored as E.164 (R3, R48), judged by `phonenumbers` (Google's libphonenumber).

Its data lags behind the numbering plan that the US, Canada and others share: new area codes are in service before the data has
them. So a number of that plan is also accepted if its form is possible.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

from groupchat.values.written_number import plain, spelled_out

DEFAULT_REGION = "US"
"""The region of a number that is written without a country code."""

_NOT_TEXTABLE = frozenset({PhoneNumberType.TOLL_FREE, PhoneNumberType.PREMIUM_RATE, PhoneNumberType.PERSONAL_NUMBER})
_POSSIBLE = re.compile(r"\+1(?!37|96|.9|.11|555)[2-9][0-9]{2}[2-9][0-9]{6}")
"""A number of the North American plan, without the area codes that are permanently reserved (37X, 96X, X9X, N11, 555)."""
_TOLL_FREE = re.compile(r"\+18(?:00|22|33|44|55|66|77|8[0-9])[0-9]{7}")
_PERSONAL = re.compile(r"\+15(?:00|2[1-9]|33|44|66|77|88)[0-9]{7}")
"""Both include reserved area codes that are not in service yet."""
_SERVICE = re.compile(r"\+1(?:[0-9]{3}(?:[2-9]11[0-9]{4}|5551212|950[0-9]{4}|976[0-9]{4})|950[0-9]{7}|976[0-9]{7})")
"""Directory assistance, carrier access and pay-per-call, in any area code; no subscriber's number begins with N11."""
_LOCAL_SERVICE = re.compile(r"(?:\+?1)?(?:[2-9]11|5551212|950[0-9]{4}|976[0-9]{4})")


class InvalidNumberError(ValueError):
    """The text is not a phone number that exists in any numbering plan. The message says why."""


class ServiceNumberError(InvalidNumberError):
    """The text is a service's short number, such as 911, which has no E.164 form and can't be texted (R48)."""


@lru_cache(maxsize=65_536)
def to_e164(written: str) -> str:
    """Return the E.164 form (`+14155550101`) of a number in any form that a person writes or pastes.

    Raises `InvalidNumberError` if it can't be one: unreadable, with letters that don't form a vanity number, not in its country's
    numbering plan, or with an extension (which can't be texted); `ServiceNumberError` for 911 and similar numbers.
    """
    typed = plain(written)
    number = spelled_out(typed)
    parsed = _parsed(written, number or typed)
    if parsed.extension:
        msg = f"{written!r} has an extension, which can't be texted: enter only the number"
        raise InvalidNumberError(msg)
    if number is None:
        msg = f"{written!r} has letters, but is not a vanity number such as 1-800-FLOWERS: enter only the number"
        raise InvalidNumberError(msg)
    if _LOCAL_SERVICE.fullmatch(re.sub(r"[-(). ]", "", number)):
        msg = f"{written!r} is a service number, which can't be texted"
        raise ServiceNumberError(msg)
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if not phonenumbers.is_valid_number(parsed) and not _POSSIBLE.fullmatch(e164):
        msg = f"{written!r} does not exist in any country's numbering plan: check its digits"
        raise InvalidNumberError(msg)
    return e164


def _parsed(written: str, number: str) -> phonenumbers.PhoneNumber:
    try:
        return phonenumbers.parse(number, DEFAULT_REGION)
    except phonenumbers.NumberParseException as error:
        msg = f"{written!r} can't be read as a phone number: include the country code, as in +14155550101"
        raise InvalidNumberError(msg) from error


@lru_cache(maxsize=65_536)
def regions_of(e164: str) -> tuple[str, ...]:
    """Return the ISO 3166 region of an E.164 number, such as `US`; `001` for a number that belongs to no single region.

    A number whose area code the data doesn't know yet is from the US or Canada (R48), so both are returned.
    """
    region = phonenumbers.region_code_for_number(phonenumbers.parse(e164))
    if region is None and _POSSIBLE.fullmatch(e164):
        return _sharing(e164)
    return (region or "001",)


def _sharing(e164: str) -> tuple[str, ...]:
    """Return the region of an area code if it has only one, like those of the Caribbean; otherwise the US and Canada."""
    for region in phonenumbers.region_codes_for_country_code(1):
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
        if metadata is not None and metadata.leading_digits is not None and re.match(metadata.leading_digits, e164[2:]):
            return (region,)
    return ("US", "CA")


def is_region(code: str) -> bool:
    """Return whether a region of this code, such as `US`, has phone numbers (R4)."""
    return code in phonenumbers.SUPPORTED_REGIONS


def is_of(e164: str, regions: Iterable[str]) -> bool:
    """Return whether a number is, or may be, in one of the regions (R4)."""
    return not set(regions_of(e164)).isdisjoint(regions)


@lru_cache(maxsize=65_536)
def can_be_texted(e164: str) -> bool:
    """Return whether a number is neither toll-free, premium-rate, personal (R4) nor a service's (R48)."""
    if _SERVICE.fullmatch(e164) or _PERSONAL.fullmatch(e164) or is_toll_free(e164):
        return False
    return phonenumbers.number_type(phonenumbers.parse(e164)) not in _NOT_TEXTABLE


@lru_cache(maxsize=65_536)
def is_toll_free(e164: str) -> bool:
    """Return whether a number is toll-free (R4)."""
    if _TOLL_FREE.fullmatch(e164):
        return True
    return phonenumbers.number_type(phonenumbers.parse(e164)) == PhoneNumberType.TOLL_FREE
