"""A fake Telnyx, after its documents: it honors idempotency keys or not, keeps records, and signs its posts."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from groupchat.carriers.port import Posted
from tests.carriers.vendor import Vendor, json_of

SECRET_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC_KEY = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
PATH = "/v1/carriers/telnyx/webhooks"


class FakeTelnyx(Vendor):
    def __init__(self, *, honors_keys: bool) -> None:
        super().__init__()
        self.records: list[dict[str, Any]] = []
        self._honors_keys = honors_keys
        self._answered: dict[tuple[str, str], tuple[bytes, dict[str, Any]]] = {}

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/detail_records"):
            return httpx.Response(200, json={"data": self.records, "meta": {"page_number": 1}})
        replayed = self.replay(request)
        if replayed is not None:
            return replayed
        message = json_of(request)
        numbers = message["to"] if isinstance(message["to"], list) else [message["to"]]
        self.hand_on(numbers, message.get("text", ""), message.get("media_urls", ()))
        answer = {"data": sent(numbers)}
        self._answered[_key(request)] = (request.content, answer)
        return httpx.Response(200, json=answer)

    def replay(self, request: httpx.Request) -> httpx.Response | None:
        if not self._honors_keys or _key(request) not in self._answered:
            return None
        body, answer = self._answered[_key(request)]
        if body != request.content:
            return refused("10027", "Unprocessable Entity", "The Idempotency-Key was used with another request.", 422)
        return httpx.Response(200, json=answer, headers={"Idempotent-Replayed": "true"})

    def refusal(self) -> httpx.Response:
        return refused("40310", "Invalid 'to' address", "The destination is invalid.", 400)

    def refusal_for_now(self) -> httpx.Response:
        return refused("10011", "Too many requests", "You have exceeded the limit.", 429, {"x-ratelimit-reset": "1"})


def _key(request: httpx.Request) -> tuple[str, str]:
    return request.url.path, request.headers["idempotency-key"]


def sent(numbers: list[str]) -> dict[str, Any]:
    """Return Telnyx's response about a message that it has taken."""
    entries = [{"phone_number": each, "status": "queued", "carrier": "T-MOBILE", "line_type": "Wireless"} for each in numbers]
    return {"record_type": "message", "direction": "outbound", "id": str(uuid4()), "to": entries, "cc": [], "errors": []}


def refused(code: str, title: str, detail: str, status: int, headers: Mapping[str, str] | None = None) -> httpx.Response:
    return httpx.Response(status, json={"errors": [{"code": code, "title": title, "detail": detail}]}, headers=headers)


def event(kind: str, payload: object) -> bytes:
    """Return an event in its envelope."""
    data = {"record_type": "event", "event_type": kind, "id": str(uuid4()), "payload": payload}
    return json.dumps({"data": data, "meta": {"attempt": 1, "delivered_to": "https://chat.example.com"}}).encode()


def signed(body: bytes, at: datetime, path: str = PATH) -> Posted:
    """Return a post of Telnyx at a time."""
    timestamp = str(int(at.timestamp()))
    signature = base64.b64encode(SECRET_KEY.sign(timestamp.encode() + b"|" + body)).decode()
    return Posted(path=path, headers={"telnyx-timestamp": timestamp, "telnyx-signature-ed25519": signature}, body=body)
