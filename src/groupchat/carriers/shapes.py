"""Reading what carriers say, whose shape is not certain: they add and leave out fields, and don't send what their documents say.

None of these functions raises: what has another shape than expected reads as if it were not there.
"""

import mimetypes
import re
from collections.abc import Iterable
from typing import Any

from groupchat.aggregates.group_events import Media
from groupchat.values import phone
from groupchat.values.web_address import is_web_address

UNKNOWN_TYPE = "application/octet-stream"
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_WITHOUT_PLUS = re.compile(r"1[0-9]{10}")
_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")


def at(value: Any, *names: str) -> Any:
    """Return what an object has under a name, what that has under the next, and so on; none if there is no such thing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text(value: Any, *names: str) -> str:
    """Return the text or whole number there as text; the empty text if there is none."""
    found = at(value, *names)
    if isinstance(found, str):
        return found
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else ""


def items(value: Any, *names: str) -> list[Any]:
    """Return the list there; one without items if there is none, and one of a single thing that should be in a list."""
    found = at(value, *names)
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def number(value: Any) -> str | None:
    """Return a phone number as E.164: given as text, or as an object with a `phone_number`; none if it is not one."""
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
    """Return those values that are phone numbers, as E.164."""
    return {read for value in values if (read := number(value)) is not None}


def media(url: str, content_type: str) -> Media | None:
    """Return a file that a person sent; its type from its name where the carrier doesn't say it; none if it has no web address."""
    if not is_web_address(url):
        return None
    said = content_type.partition(";")[0].strip().lower()
    if not _CONTENT_TYPE.fullmatch(said):
        said = mimetypes.guess_type(url)[0] or UNKNOWN_TYPE
    return Media(url=url, content_type=said)
