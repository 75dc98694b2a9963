"""A Twilio made by hand, after its documents: conversations, their people, messages and receipts, and signed webhooks."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx
from msgspec import Struct, field

from groupchat.carriers.port import Posted
from groupchat.values.clock import Clock
from tests.carriers.doubles import HandClock
from tests.carriers.vendor import Vendor

TOKEN = "12345678901234567890123456789012"
PUBLIC_URL = "https://chat.example.com"
PATH = "/v1/carriers/twilio/webhooks"
FORM = "application/x-www-form-urlencoded; charset=utf-8"


class Conversation(Struct, kw_only=True):
    sid: str
    name: str | None
    ours: str
    people: tuple[str, ...]
    state: str = "active"
    messages: list[dict[str, Any]] = field(default_factory=list)


class FakeTwilio(Vendor):
    def __init__(self) -> None:
        super().__init__()
        self.conversations: list[Conversation] = []
        self.begins_as = "active"
        self.receipts: dict[str, list[dict[str, Any]]] = {}
        self.in_trouble: tuple[str, ...] = ("/Messages", "/Messages.json")
        """The ends of the paths that have the trouble."""
        self.sent: list[dict[str, str]] = []
        """The messages to one person."""
        self.clock: Clock = HandClock()
        self.uploads: dict[str, tuple[str, bytes]] = {}
        """The type and the content of each uploaded file."""

    def is_in_trouble(self, request: httpx.Request) -> bool:
        return request.method == "POST" and request.url.path.endswith(self.in_trouble)

    def answer(self, request: httpx.Request) -> httpx.Response:  # noqa: C901, PLR0911 - one for each path
        path, is_post = request.url.path, request.method == "POST"
        if path.endswith("/Media"):
            return self._upload(request)
        form = parse_qs(request.content.decode(), keep_blank_values=True)
        if path.startswith("/2010-04-01/"):
            return self._send(form) if is_post else self._read(path, request.url.params)
        if path == "/v1/ConversationWithParticipants":
            return self._create(form)
        if path == "/v1/ParticipantConversations":
            return self._listed(request.url)
        found = re.fullmatch(r"/v1/Conversations/([^/]+)(?:/(Messages|Participants)(?:/([^/]+)(/Receipts)?)?)?", path)
        assert found is not None, path
        conversation = next((each for each in self.conversations if found[1] in (each.sid, each.name)), None)
        if conversation is None:
            return refused(20404, 404)
        match found[2]:
            case None if is_post:
                conversation.name = form["UniqueName"][0]
                return httpx.Response(200, json=shown(conversation))
            case None:
                return httpx.Response(200, json=shown(conversation))
            case "Participants":
                return httpx.Response(200, json={"participants": participants(conversation)})
            case _ if is_post:
                return self._post(conversation, form)
            case _ if found[4]:
                return httpx.Response(200, json={"delivery_receipts": self.receipts.get(found[3], [])})
            case _ if found[3]:
                message = next((each for each in conversation.messages if each["sid"] == found[3]), None)
                return refused(20404, 404) if message is None else httpx.Response(200, json=message)
            case _:
                return page(request.url, "messages", conversation.messages[::-1])

    def refusal(self) -> httpx.Response:
        return refused(50407, 400)

    def refusal_for_now(self) -> httpx.Response:
        return refused(20429, 429)

    def conversation(self, ours: str, people: tuple[str, ...], name: str | None = None) -> Conversation:
        """Return the conversation with a set; if there is none, create it as for people who write first."""
        for each in self.conversations:
            if (each.ours, set(each.people)) == (ours, set(people)) and each.state != "closed":
                return each
        made = Conversation(sid=f"CH{len(self.conversations):032x}", name=name, ours=ours, people=people, state=self.begins_as)
        self.conversations.append(made)
        return made

    def _send(self, form: Mapping[str, list[str]]) -> httpx.Response:
        self.hand_on(form["To"], form.get("Body", [""])[0], form.get("MediaUrl", ()))
        sent = {"sid": f"SM{len(self.sent):032x}", "status": "accepted", "date_created": format_datetime(self.clock())}
        self.sent.append(sent | {"to": form["To"][0], "from": form["From"][0], "status_callback": form["StatusCallback"][0]})
        return httpx.Response(201, json=sent)

    def _read(self, path: str, asked: Mapping[str, str]) -> httpx.Response:
        """Answer about one message that a person wrote, or about those that were sent to one person."""
        if not path.endswith("/Messages.json"):
            return httpx.Response(200, json={"date_created": "Sat, 21 Nov 2026 12:00:00 +0000"})
        found = [each for each in self.sent[::-1] if (each["to"], each["from"]) == (asked["To"], asked["From"])]
        return httpx.Response(200, json={"messages": found[: int(asked["PageSize"])]})

    def _create(self, form: Mapping[str, list[str]]) -> httpx.Response:
        bindings = [json.loads(each)["messaging_binding"] for each in form["Participant"]]
        (ours,) = [each["projected_address"] for each in bindings if "projected_address" in each]
        people = tuple(each["address"] for each in bindings if "address" in each)
        name = form["UniqueName"][0]
        if any(each.name == name for each in self.conversations):
            return refused(50353, 409)
        known = len(self.conversations)
        made = self.conversation(ours, people, name)
        if len(self.conversations) == known:
            return refused(50438, 409)
        return httpx.Response(201, json=shown(made))

    def _listed(self, url: httpx.URL) -> httpx.Response:
        rows = [
            {"conversation_sid": each.sid, "conversation_state": each.state, "conversation_unique_name": each.name}
            for each in self.conversations
            if url.params["Address"] in each.people
        ]
        return page(url, "conversations", rows)

    def _upload(self, request: httpx.Request) -> httpx.Response:
        sid = f"ME{len(self.uploads):032x}"
        self.uploads[sid] = (request.headers["content-type"], request.content)
        return httpx.Response(201, json={"sid": sid, "content_type": request.headers["content-type"], "size": len(request.content)})

    def _post(self, conversation: Conversation, form: Mapping[str, list[str]]) -> httpx.Response:
        if conversation.state != "active":
            return refused(50386, 400)
        if "MediaSid" in form:
            _, content = self.uploads[form["MediaSid"][0]]
            self.hand_on(list(conversation.people), "", [hashlib.sha256(content).hexdigest()])
        else:
            self.hand_on(list(conversation.people), form["Body"][0])
        message = {"sid": f"IM{conversation.sid[-8:]}{len(conversation.messages):024x}", "date_created": "2026-11-21T12:00:00Z"}
        message |= {name.lower(): form.get(name, [""])[0] for name in ("Author", "Body", "Attributes")}
        conversation.messages.append(message)
        return httpx.Response(201, json=message)


def page(url: httpx.URL, name: str, rows: list[dict[str, Any]]) -> httpx.Response:
    """Return the part of a list that an address asks for, and the address of the next part."""
    size, number = int(url.params["PageSize"]), int(url.params.get("Page", 0))
    end = (number + 1) * size
    following = str(url.copy_set_param("Page", number + 1)) if end < len(rows) else None
    return httpx.Response(200, json={name: rows[number * size : end], "meta": {"next_page_url": following}})


def shown(conversation: Conversation) -> dict[str, Any]:
    return {"sid": conversation.sid, "unique_name": conversation.name, "state": conversation.state}


def participants(conversation: Conversation) -> list[dict[str, Any]]:
    people = [{"sid": participant_of(each), "messaging_binding": {"type": "sms", "address": each}} for each in conversation.people]
    return [*people, {"sid": "MB0", "messaging_binding": {"type": "sms", "projected_address": conversation.ours}}]


def participant_of(number: str) -> str:
    return f"MB{number[1:]:0>32}"


def refused(code: int, status: int) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "message": "no", "status": status})


def signed(fields: Mapping[str, str], token: str = TOKEN, path: str = PATH) -> Posted:
    """Return a post of Twilio."""
    text = PUBLIC_URL + path + "".join(name + value for name, value in sorted(fields.items()))
    signature = base64.b64encode(hmac.digest(token.encode(), text.encode(), hashlib.sha1)).decode()
    return Posted(path=path, headers={"content-type": FORM, "x-twilio-signature": signature}, body=urlencode(fields).encode())
