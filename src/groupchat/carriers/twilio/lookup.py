"""The meaning of the ids in Twilio's events: our message, and people's numbers. Neither ever changes, so results are cached."""

import json
from typing import Any, TypeVar
from urllib.parse import quote

from msgspec.structs import replace

from groupchat.carriers import shapes
from groupchat.carriers.calls import Calls
from groupchat.carriers.incoming import News
from groupchat.carriers.port import CarrierUnclearError, Inbound, Receipt
from groupchat.carriers.twilio import events
from groupchat.carriers.twilio.answers import NOT_FOUND, error_of, receipt
from groupchat.carriers.twilio.copies import Copies
from groupchat.carriers.twilio.rails import People, Rails

_REMEMBERED = 10_000
T = TypeVar("T")


class Lookup:
    """Asks Twilio, and caches the results."""

    def __init__(self, calls: Calls, rails: Rails, copies: Copies, media_url: str) -> None:
        self._calls = calls
        self._rails = rails
        self._copies = copies
        self._media_url = media_url
        self._messages: dict[str, tuple[str, int]] = {}
        self._people: dict[str, People] = {}

    async def news(self, fields: events.Fields) -> News:
        """Return the content of an event. Raises `CarrierRefusedError` or `CarrierUnclearError` while Twilio can't be asked."""
        kind = events.kind_of(fields)
        if kind == "mms":
            return await self._mms(events.direct(fields))
        if kind == "receipt":
            report = await self._receipt(fields)
            return News(unknown=["a receipt of another sender's message"]) if report is None else News(receipts=[report])
        inbound = await self._inbound(fields)
        return News(unknown=["a message that was not written by a person"]) if inbound is None else News(inbound=[inbound])

    async def _mms(self, written: Inbound | None) -> News:
        if written is None or await self._copies.has(written):
            return News(unknown=["a copy of a group's message"])
        return News(inbound=[written])

    async def _receipt(self, fields: events.Fields) -> Receipt | None:
        message_id, part = await self._named(fields)
        recipient = (await self._people_of(fields)).numbers.get(fields["ParticipantSid"])
        if not message_id or recipient is None:
            return None
        report = receipt(message_id, recipient, fields["Status"], fields.get("ErrorCode", ""))
        return replace(report, part=part)

    async def _inbound(self, fields: events.Fields) -> Inbound | None:
        """Return a person's message. The business number is the member that the others see it as."""
        from_, people = shapes.number(fields["Author"]), await self._people_of(fields)
        to = people.ours
        if from_ is None or to is None or from_ == to:
            return None
        return Inbound(
            from_=from_,
            to=to,
            group=tuple(sorted(set(people.numbers.values()) - {from_, to})),
            body=fields.get("Body") or None,
            media=events.media(fields, self._media_url),
            carrier_message_id=fields["MessageSid"],
            carrier_answers=events.is_answered(fields),
        )

    async def _named(self, fields: events.Fields) -> tuple[str, int]:
        """Return our id of a message, and the part of it; an empty text if it is not ours."""
        sid = fields["MessageSid"]
        if sid not in self._messages:
            answer = await self._calls.get(f"/Conversations/{quote(fields['ConversationSid'])}/Messages/{quote(sid)}")
            if not answer.taken and answer.status != NOT_FOUND:
                raise CarrierUnclearError(str(error_of(answer)))
            _remember(self._messages, sid, named_in(answer.body))
        return self._messages[sid]

    async def _people_of(self, fields: events.Fields) -> People:
        sid = fields["ConversationSid"]
        if sid not in self._people:
            _remember(self._people, sid, await self._rails.people(sid))
        return self._people[sid]


def named_in(message: Any) -> tuple[str, int]:
    """Return our id of a message at Twilio, and the part of it, from its attributes; an empty text if it is not ours."""
    try:
        attributes = json.loads(shapes.text(message, "attributes") or "{}")
    except (ValueError, RecursionError):
        return "", 0
    part = shapes.text(attributes, "part")
    return shapes.text(attributes, "message_id"), int(part) if part.isdecimal() else 0


def _remember(remembered: dict[str, T], sid: str, meaning: T) -> None:
    if len(remembered) >= _REMEMBERED:
        remembered.clear()
    remembered[sid] = meaning
