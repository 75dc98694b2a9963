"""Twilio's adapter on a bench (`tests/carriers/bench.py`)."""

import json

from groupchat.carriers.calls import Calls
from groupchat.carriers.port import Inbox, Receipt
from groupchat.carriers.storage import Storage
from groupchat.carriers.twilio.adapter import Twilio, TwilioAccount, TwilioCalls
from tests.carriers.doubles import HandClock
from tests.carriers.twilio.fake import PATH, PUBLIC_URL, TOKEN, FakeTwilio, participant_of, signed
from tests.carriers.vendor import VendorBench
from tests.support.builders import BUSINESS

WORDS = {"sent": "sent", "delivered": "delivered", "failed": "undelivered", "unconfirmed": "a new word"}
SERVICE = "IS" + "a" * 32


def adapter(vendor: FakeTwilio, storage: Storage, clock: HandClock) -> Twilio:
    account = TwilioAccount(
        account_sid="AC" + "a" * 32,
        service_sid=SERVICE,
        messaging_service_sid="MG" + "a" * 32,
        auth_tokens=[TOKEN],
        public_url=PUBLIC_URL,
        webhook_url=PUBLIC_URL + PATH,
        media_url="https://mcs.us1.twilio.com/v1",
    )
    login = ("SK", "secret")
    calls = TwilioCalls(
        conversations=Calls("https://conversations.twilio.com/v1", basic=login, transport=vendor),
        messages=Calls("https://api.twilio.com/2010-04-01", basic=login, transport=vendor),
        media=Calls(account.media_url, basic=login, transport=vendor),
    )
    return Twilio(account, calls, storage, clock)


class TwilioBench(VendorBench):
    """Fulfils `Bench`."""

    can_be_asked = True

    def __init__(self, storage: Storage, clock: HandClock) -> None:
        self.vendor = FakeTwilio()
        self.carrier = adapter(self.vendor, storage, clock)

    async def bring(self, receipt: Receipt, inbox: Inbox) -> None:
        conversation, message = self._posted(receipt.message_id, receipt.part)
        fields = {
            "EventType": "onDeliveryUpdated",
            "ConversationSid": conversation,
            "MessageSid": message,
            "ParticipantSid": participant_of(receipt.recipient),
            "Status": WORDS[receipt.status],
            "ErrorCode": "21610" if receipt.opted_out else "",
        }
        await self._post(fields, inbox)

    async def write(self, from_: str, group: tuple[str, ...] | None, body: str, inbox: Inbox, *, times: int = 1) -> None:
        conversation = self.vendor.conversation(BUSINESS, (from_, *(group or ())))
        fields = {
            "EventType": "onMessageAdded",
            "ConversationSid": conversation.sid,
            "MessageSid": f"IM-{body}",
            "Source": "SMS",
            "Author": from_,
            "Body": body,
            "Attributes": "",
        }
        for _ in range(times):
            await self._post(fields, inbox)

    async def _post(self, fields: dict[str, str], inbox: Inbox) -> None:
        await self.carrier.webhook(signed(fields), inbox)
        while await self.carrier.deliver_due(inbox):
            pass

    def _posted(self, message_id: str, part: int) -> tuple[str, str]:
        """Return the conversation and the id that a part of ours has at Twilio; unknown ones if it never arrived there."""
        for conversation in self.vendor.conversations:
            for message in conversation.messages:
                attributes = json.loads(message["attributes"])
                if (attributes["message_id"], attributes.get("part", 0)) == (message_id, part):
                    return conversation.sid, message["sid"]
        return self.vendor.conversations[0].sid, "IM" + "f" * 32
