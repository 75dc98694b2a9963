"""Reading carriers' data, whose shape is uncertain: they add and omit fields, and differ from their documentation.

None of these functions raises. Data of an unexpected shape is treated as missing.
"""

import mimetypes
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from groupchat.aggregates.group_events import Media
from groupchat.carriers.port import Cost
from groupchat.values import phone
from groupchat.values.web_address import is_web_address

UNKNOWN_TYPE = "application/octet-stream"
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_WITHOUT_PLUS = re.compile(r"1[0-9]{10}")
_CURRENCY = re.compile("[A-Z]{3}")
_PRICE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,12})?")
_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")


def at(value: Any, *names: str) -> Any:
    """Return the value under a name, the value under the next name in that, and so on; none if one is missing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text(value: Any, *names: str) -> str:
    """Return the text or whole number there as text; an empty text if it is missing."""
    found = at(value, *names)
    if isinstance(found, str):
        return found
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else ""


def items(value: Any, *names: str) -> list[Any]:
    """Return the list there; an empty one if it is missing, and a single thing as a list of one."""
    found = at(value, *names)
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def listed(value: Any, name: str) -> list[Any] | None:
    """Return the list there; none if it is missing or something else, because only a list shows that something is not in it."""
    found = at(value, name)
    return found if isinstance(found, list) else None


def number(value: Any) -> str | None:
    """Return a phone number as E.164, from a text or from an object with a `phone_number`; none if it is not one."""
    written = text(value) or text(value, "phone_number")
    if _E164.fullmatch(written):
        return written
    if _WITHOUT_PLUS.fullmatch(written):
        return f"+{written}"
    try:
        return phone.to_e164(written)
    except phone.InvalidNumberError:
        return None


def numbers(values: Iterable[Any]) -> set[str]:
    """Return the values that are phone numbers, as E.164."""
    return {read for value in values if (read := number(value)) is not None}


def cost(value: Any) -> Cost | None:
    """Return a charge, from an object with an `amount` (a text or a number) and a `currency`; none if it is not one."""
    written, currency = at(value, "amount"), text(value, "currency").upper()
    if isinstance(written, bool) or not isinstance(written, str | int | float) or not _CURRENCY.fullmatch(currency):
        return None
    return Cost(amount=Decimal(str(written)), currency=currency) if _PRICE.fullmatch(str(written)) else None


def media(url: str, content_type: str) -> Media | None:
    """Return a person's file; its type follows from its name if the carrier omits it. None if it has no web address."""
    if not is_web_address(url):
        return None
    media_type = content_type.partition(";")[0].strip().lower()
    if not _CONTENT_TYPE.fullmatch(media_type):
        media_type = mimetypes.guess_type(url)[0] or UNKNOWN_TYPE
    return Media(url=url, content_type=media_type)
