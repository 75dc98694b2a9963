"""Real posts of the carriers, from logs that others made public; people's numbers are replaced, and long fields are shortened.

They differ from the carriers' documentation: in the shape of `from`, in fields that are missing or blank, and in posts that concern
nobody here. `brings` is what groupchat makes of a post: messages, receipts, or nothing that it knows; `later` is kept until Twilio
was asked.
"""

import json
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

from msgspec import Struct

from groupchat.carriers.port import Posted
from tests.carriers.bandwidth import fake as bandwidth
from tests.carriers.doubles import ANN, BOB, BUSINESS
from tests.carriers.telnyx import fake as telnyx
from tests.carriers.twilio import fake as twilio

Brings = Literal["inbound", "receipt", "later", "unknown"]


class Animal(Struct, frozen=True):
    """A post: its carrier, and its content, which is JSON or the fields of a form."""

    carrier: str
    content: Any
    brings: Brings

    def post(self, now: datetime) -> Posted:
        """Return the post, with the carrier's proof."""
        match self.carrier:
            case "telnyx":
                return telnyx.signed(json.dumps(self.content).encode(), now)
            case "bandwidth":
                return bandwidth.posted(self.content)
            case _:
                return twilio.signed(self.content)

    def unsigned(self) -> Posted:
        """Return the post without the proof, for what reads it."""
        if self.carrier != "twilio":
            return Posted(path="", headers={}, body=json.dumps(self.content).encode())
        body = urlencode(self.content, errors="replace").encode()
        return Posted(path=twilio.PATH, headers={"content-type": twilio.FORM}, body=body)


def _of_telnyx(event: str, payload: dict[str, Any], **meta: object) -> dict[str, Any]:
    data = {"event_type": event, "id": "E", "occurred_at": "2025-05-02T21:46:13.176+00:00", "record_type": "event"}
    return {"data": data | {"payload": payload}, "meta": {"attempt": 1} | meta}


_TELNYX_INBOUND = {
    "autoresponse_type": None,
    "completed_at": None,
    "cost": {"amount": "0.0040", "currency": "USD"},
    "cost_breakdown": {"carrier_fee": {"amount": "0.00000", "currency": "USD"}, "rate": {"amount": "0.00400", "currency": "USD"}},
    "direction": "inbound",
    "encoding": "GSM-7",
    "errors": [],
    "from": {"carrier": "Bell & Virgin", "line_type": "Wireless", "phone_number": ANN, "status": "webhook_delivered"},
    "to": [{"carrier": "Telnyx", "line_type": "Wireless", "phone_number": BUSINESS, "status": "webhook_delivered"}],
    "cc": [],
    "id": "M",
    "is_spam": False,
    "media": [],
    "messaging_profile_id": "P",
    "parts": 1,
    "received_at": "2025-05-02T21:46:13.030+00:00",
    "record_type": "message",
    "sent_at": None,
    "text": "Hi",
}
_TELNYX_STOP = _TELNYX_INBOUND | {"id": "S", "autoresponse_type": "STOP", "text": "STOP"}
_TELNYX_RECEIPT = {
    "cc": [],
    "completed_at": "2024-04-29T10:17:42.574+00:00",
    "cost": {"amount": "0.0040", "currency": "USD"},
    "direction": "outbound",
    "errors": [],
    "from": {"carrier": "Telnyx", "line_type": "Wireless", "phone_number": BUSINESS},
    "id": "40318f29-5c3f-4689-aa8a-4f41c6d49178",
    "media": [],
    "parts": 1,
    "tags": [],
    "text": "Hi",
    "to": [{"carrier": "TELNYX LLC", "line_type": "Pre-Paid Wireless", "phone_number": BOB, "status": "delivered"}],
    "type": "SMS",
    "webhook_failover_url": "https://hook.example/f77",
    "webhook_url": "",
}
_BANDWIDTH_RECEIPT = {
    "type": "message-delivered",
    "time": "2019-05-22T05:23:42.714Z",
    "description": "ok",
    "to": ANN,
    "message": {
        "id": "15585026221193k3rd3nspl7p7bwv",
        "time": "2019-05-22T05:23:42.119Z",
        "to": [ANN],
        "from": BUSINESS,
        "text": "Test Out",
        "applicationId": "5abf6fa7-5e0f-4f1c-828b-c01f0c9674c1",
        "media": [],
        "owner": BUSINESS,
        "direction": "out",
        "segmentCount": 1,
    },
}
_BANDWIDTH_FAILURE = {
    "time": "2024-02-15T16:34:52.255182Z",
    "type": "message-failed",
    "to": ANN,
    "description": "..",
    "message": {"id": "..", "owner": BUSINESS, "time": "2024-02-15T16:34:51.007000Z", "direction": "out", "to": [ANN], "tag": ""},
}
_TWILIO_EVENT = {"AccountSid": "AC1", "ConversationSid": "CH6c25", "RetryCount": "0", "ParticipantSid": "MBc58b"}

ZOO = {
    "telnyx, a text of 2025": Animal("telnyx", _of_telnyx("message.received", _TELNYX_INBOUND), "inbound"),
    "telnyx, a STOP that it answered itself": Animal(
        "telnyx",
        _of_telnyx("message.received", _TELNYX_INBOUND | {"id": "S", "autoresponse_type": "STOP", "text": "STOP"}),
        "inbound",
    ),
    "telnyx, a receipt of 2024 for the failover address": Animal(
        "telnyx", _of_telnyx("message.finalized", _TELNYX_RECEIPT, delivered_to="https://hook.example/f77"), "receipt"
    ),
    "bandwidth, a receipt of 2019": Animal("bandwidth", [_BANDWIDTH_RECEIPT], "receipt"),
    "bandwidth, a failure of 2024 without a code": Animal("bandwidth", [_BANDWIDTH_FAILURE], "receipt"),
    "bandwidth, a receipt that is not in a list": Animal("bandwidth", _BANDWIDTH_RECEIPT, "receipt"),
    "twilio, the copy of a group's text of 2026": Animal(
        "twilio",
        {
            "Body": "Spike test with B2!",
            "From": ANN,
            "To": BUSINESS,
            "OtherRecipients0": BOB,
            "MessageSid": "MM0205",
            "NumMedia": "0",
        },
        "unknown",
    ),
    "twilio, a text by an SDK of 2021": Animal(
        "twilio",
        _TWILIO_EVENT
        | {
            "EventType": "onMessageAdded",
            "Attributes": "{}",
            "DateCreated": "2021-08-10T18:00:58.111Z",
            "Index": "35",
            "MessageSid": "IM8d61",
            "Source": "SDK",
            "ClientIdentity": "dave",
            "Author": "dave",
            "Body": "two",
        },
        "unknown",
    ),
    "twilio, a receipt of 2026": Animal(
        "twilio",
        _TWILIO_EVENT
        | {
            "EventType": "onDeliveryUpdated",
            "MessageSid": "IM8d61",
            "ChannelMessageSid": "SM1",
            "Status": "undelivered",
            "ErrorCode": "21610",
        },
        "later",
    ),
    "twilio, a status callback of 2023 of another sender": Animal(
        "twilio",
        {
            "ErrorCode": "30034",
            "SmsSid": "SM1",
            "SmsStatus": "undelivered",
            "MessageStatus": "undelivered",
            "To": ANN,
            "MessageSid": "SM1",
            "AccountSid": "AC1",
            "From": BUSINESS,
            "ApiVersion": "2010-04-01",
        },
        "unknown",
    ),
    "twilio, three pictures of 2017 with blank fields": Animal(
        "twilio",
        {
            "ToCountry": "US",
            "ToCity": "",
            "FromZip": "",
            "ToZip": "",
            "SmsStatus": "received",
            "Body": "",
            "From": ANN,
            "To": BUSINESS,
            "MessageSid": "MM1",
            "NumSegments": "3",
            "NumMedia": "3",
            **{f"MediaUrl{n}": f"https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME{n}" for n in range(3)},
            **{f"MediaContentType{n}": "image/jpeg" for n in range(3)},
        },
        "later",
    ),
}
