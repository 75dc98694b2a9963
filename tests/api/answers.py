"""Responses as the server writes them."""

import json
from typing import Any

import httpx

RATE = {"n": 1, "effective_from": "2025-01-01", "mms_segment": "0.02", "currency": "USD"}


def problem(status: int, slug: str, *, after: int | None = None, **members: Any) -> httpx.Response:
    """Return a problem."""
    fields = {"type": f"https://chat.example.com/problems/{slug}", "title": "A title", "status": status, "detail": "A detail."}
    headers = {"Groupchat-Correlation-Id": "req_1"} | ({} if after is None else {"Retry-After": str(after)})
    return httpx.Response(status, headers=headers, content=json.dumps(fields | members))


def success(value: Any = None, status: int = 200, **headers: str) -> httpx.Response:
    """Return a success; without a value, one without a body."""
    if value is None:
        return httpx.Response(204, headers=headers)
    return httpx.Response(status, headers={"Content-Type": "application/json"} | headers, content=json.dumps(value))
