"""A Bandwidth made by hand, after its documents."""

import base64
import json
from typing import Any
from uuid import uuid4

import httpx

from groupchat.carriers.port import Posted
from tests.carriers.vendor import Vendor, json_of

PATH = "/v1/carriers/bandwidth/webhooks"
LOGIN = ("groupchat", "päss:word")


class FakeBandwidth(Vendor):
    def answer(self, request: httpx.Request) -> httpx.Response:
        message = json_of(request)
        self.hand_on(message["to"], message.get("text", ""), message.get("media", ()))
        answer = {
            "id": uuid4().hex,
            "time": "2026-11-21T12:00:00.179Z",
            "direction": "out",
            "segmentCount": 1,
            "priority": "default",
        }
        return httpx.Response(202, json=answer | {"owner": message["from"]} | message)

    def refusal(self) -> httpx.Response:
        field = {"fieldName": "from", "description": "'+1' must be replaced with a valid E164 formatted telephone number"}
        return refused(400, "request-validation", "Your request could not be accepted.", fieldErrors=[field])

    def refusal_for_now(self) -> httpx.Response:
        return refused(429, "max-message-queue-size-exceeded", "Your allowed rate is 60 messages per minute.")


def refused(status: int, kind: str, description: str, **members: Any) -> httpx.Response:
    return httpx.Response(status, json={"type": kind, "description": description} | members)


def posted(events: object, login: tuple[str, str] = LOGIN) -> Posted:
    """Return a post of Bandwidth, with this login."""
    secret = base64.b64encode(":".join(login).encode()).decode()
    return Posted(path=PATH, headers={"authorization": f"Basic {secret}"}, body=json.dumps(events).encode())
