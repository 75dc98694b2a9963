"""Calls to the identity provider: with a limit on time and size, and without following redirects."""

import asyncio
import json
from typing import Any

import httpx

MAX_BYTES = 1_048_576


class UnreachableError(Exception):
    """The provider does not respond in time, or not with a JSON object. The message names the reason, for the log."""


async def fetch_object(method: str, url: str, seconds: float, **given: Any) -> tuple[int, dict[str, Any]]:
    """Return the status and the JSON object of a response: at most `MAX_BYTES`, within `seconds` in all.

    `given` are further arguments of an httpx request. Raises `UnreachableError`, also for a failure of the provider (5xx).
    """
    try:
        status, body = await _fetch(method, url, seconds, **given)
        return status, _object(status, body)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError, RecursionError) as error:
        raise UnreachableError(type(error).__name__) from error


def _object(status: int, body: bytes) -> dict[str, Any]:
    value = json.loads(body)
    if not isinstance(value, dict) or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        msg = f"status {status}, and {type(value).__name__}"
        raise ValueError(msg)
    return value


async def _fetch(method: str, url: str, seconds: float, **given: Any) -> tuple[int, bytes]:
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}  # nothing is decompressed here, so nothing grows
    async with (
        asyncio.timeout(seconds),
        httpx.AsyncClient(timeout=seconds, headers=headers) as client,
        client.stream(method, url, **given) as response,
    ):
        body = b""
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > MAX_BYTES:
                msg = f"the response has more than {MAX_BYTES} bytes"
                raise ValueError(msg)
        return response.status_code, body
