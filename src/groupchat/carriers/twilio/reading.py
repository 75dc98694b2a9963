"""Reading what Twilio's APIs return: lists, page by page, and times."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from groupchat.carriers import shapes
from groupchat.carriers.calls import CarrierAnswer
from groupchat.carriers.port import CarrierUnclearError

ASK_AGAIN_SECONDS = 60.0
"""The pause before Twilio is asked again, after a response that does not say what was asked for."""
Get = Callable[[str, dict[str, str]], Awaitable[CarrierAnswer]]
"""Requests a path with parameters, and returns a response that has what was asked for; raises a carrier's errors."""


async def listed(get: Get, path: str, name: str, params: dict[str, str]) -> AsyncIterator[Any]:
    """Yield the things of a list under a name, page by page; raises `CarrierUnclearError` if a response has no list."""
    while params:
        body = (await get(path, params)).body
        found = shapes.listed(body, name)
        if found is None:
            msg = f"the response has no list of {name}"
            raise CarrierUnclearError(msg, retry_after=ASK_AGAIN_SECONDS)
        for each in found:
            yield each
        params = dict(parse_qsl(urlsplit(shapes.text(body, "meta", "next_page_url")).query))


def created_at(read: Callable[[str], datetime], thing: Any) -> datetime:
    """Return when something was created, as `read` reads it; raises `CarrierUnclearError` if that can't be read."""
    try:
        return read(shapes.text(thing, "date_created")).astimezone(UTC)
    except ValueError as error:
        msg = "Twilio does not say when a message was created"
        raise CarrierUnclearError(msg) from error
