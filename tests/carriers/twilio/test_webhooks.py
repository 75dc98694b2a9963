"""Posts of Twilio: whose signature is accepted, what is stored before the acknowledgement, and the meaning of each."""

import asyncio
import hashlib
import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupchat.aggregates.group_events import Media
from groupchat.carriers.port import Inbound, NotTheCarrierError, Posted, Receipt
from groupchat.carriers.twilio import events
from groupchat.carriers.twilio.adapter import Twilio
from groupchat.carriers.twilio.copies import SETTLED_SECONDS
from groupchat.carriers.twilio.signature import require_signed
from groupchat.values.errors import InvalidRequestError
from tests.carriers.doubles import ANN, BOB, BUSINESS, CY, HandClock, RecordingInbox, outgoing
from tests.carriers.twilio.fake import FORM, PATH, PUBLIC_URL, TOKEN, FakeTwilio, participant_of, signed

WORKED_PATH = "/v1/carriers/twilio/events?ws=1"
WORKED_URL = "https://hooks.example.com"
WORKED = (
    b"Attributes=&Body=caf%C3%A9+%26+co&ConversationSid=CH" + b"a" * 32 + b"&ErrorCode=30003&EventType=onDeliveryUpdated"
    b"&MessageSid=IM" + b"b" * 32 + b"&ParticipantSid=MB" + b"c" * 32 + b"&Status=failed"
)
"""An example that Twilio's own library has signed."""


def posted(body: bytes, signature: str, path: str = WORKED_PATH, content_type: str = FORM) -> Posted:
    return Posted(path=path, headers={"content-type": content_type, "x-twilio-signature": signature}, body=body)


@pytest.mark.parametrize("body", [WORKED, WORKED + b"&Status=failed"])
@pytest.mark.parametrize("tokens", [[TOKEN], ["the next one", TOKEN]])
def test_a_signature_of_twilio_is_accepted_R45(tokens: list[str], body: bytes):
    require_signed(posted(body, "EVtfIL+DiG+uau2w8pjStMmSBfc="), tokens, WORKED_URL)


@pytest.mark.parametrize(
    "forged",
    [
        posted(WORKED.replace(b"Attributes=&", b""), "EVtfIL+DiG+uau2w8pjStMmSBfc="),
        posted(WORKED, "wGxlSU9EY/V7QAQgvKmGZHVJGYI="),
        posted(WORKED, "EVtfIL+DiG+uau2w8pjStMmSBfc=", path="/v1/carriers/twilio/events"),
        posted(WORKED, "DR8Hw4PBvIi8f9DLqVN22o3FBiRuIBGzYorwMJwXZ3k="),
        posted(WORKED, ""),
        posted(WORKED, "é"),
    ],
)
def test_any_other_signature_is_refused_R45(forged: Posted):
    with pytest.raises(NotTheCarrierError):
        require_signed(forged, [TOKEN], WORKED_URL)


def test_the_address_is_the_public_one_with_or_without_its_port_R45():
    require_signed(signed({"a": "b"}), [TOKEN], PUBLIC_URL + ":443")
    with pytest.raises(NotTheCarrierError):
        require_signed(signed({"a": "b"}), [TOKEN], "http://chat.example.com")


JSON_BODY = '{"EventType": "onMessageAdded", "Body": "café"}'.encode()
JSON_PATH = f"/v1/carriers/twilio/events?bodySHA256={hashlib.sha256(JSON_BODY).hexdigest()}"


def test_a_body_of_json_is_known_by_its_hash_in_the_address_R45():
    true = posted(JSON_BODY, "rpGFR21cMs4wyQi5TmuX+I3qw9o=", JSON_PATH, "application/json")
    require_signed(true, [TOKEN], WORKED_URL)
    for body, path in ((JSON_BODY + b" ", JSON_PATH), (JSON_BODY, "/v1/carriers/twilio/events")):
        with pytest.raises(NotTheCarrierError):
            require_signed(posted(body, "rpGFR21cMs4wyQi5TmuX+I3qw9o=", path, "application/json"), [TOKEN], WORKED_URL)


# --- stored, then acknowledged, then understood


async def delivered(vendor: FakeTwilio, twilio: Twilio, to: str = ANN, **changes: str) -> dict[str, str]:
    """Send a message, and return the event that says that it was delivered to a person."""
    await twilio.send(outgoing("msg_1"))
    fields = {"EventType": "onDeliveryUpdated", "ConversationSid": vendor.conversations[0].sid, "Status": "delivered"}
    return fields | {"MessageSid": vendor.conversations[0].messages[0]["sid"], "ParticipantSid": participant_of(to)} | changes


async def test_an_event_is_stored_without_a_call_and_understood_later_R45(
    vendor: FakeTwilio, twilio: Twilio, inbox: RecordingInbox
):
    event = await delivered(vendor, twilio)
    calls = len(vendor.requests)
    await twilio.webhook(signed(event), inbox)
    assert (len(vendor.requests), inbox.taken) == (calls, [])

    assert await twilio.deliver_due(inbox) == 1
    assert inbox.taken == [Receipt(message_id="msg_1", recipient=ANN, status="delivered")]
    assert await twilio.deliver_due(inbox) == 0


async def test_an_event_that_is_not_understood_yet_waits_R45(
    vendor: FakeTwilio, twilio: Twilio, inbox: RecordingInbox, clock: HandClock
):
    event = await delivered(vendor, twilio)
    await twilio.webhook(signed(event), inbox)
    vendor.fails_with = httpx.ConnectError("away")
    assert await twilio.deliver_due(inbox) == 0

    vendor.fails_with = None
    assert await twilio.deliver_due(inbox) == 0
    clock.forward(5)
    assert await twilio.deliver_due(inbox) == 1


async def test_an_event_that_the_inbox_does_not_take_waits_R45(
    vendor: FakeTwilio, twilio: Twilio, inbox: RecordingInbox, clock: HandClock
):
    await twilio.webhook(signed(await delivered(vendor, twilio)), inbox)
    inbox.refuses.add("msg_1")
    assert await twilio.deliver_due(inbox) == 0

    inbox.refuses.clear()
    clock.forward(5)
    assert await twilio.deliver_due(inbox) == 1


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        ("sent", "", Receipt(message_id="msg_1", recipient=ANN, status="sent")),
        ("read", "0", Receipt(message_id="msg_1", recipient=ANN, status="delivered")),
        ("failed", "30003", Receipt(message_id="msg_1", recipient=ANN, status="failed", code="30003")),
        ("undelivered", "21610", Receipt(message_id="msg_1", recipient=ANN, status="failed", code="21610", opted_out=True)),
        ("a new word", "", Receipt(message_id="msg_1", recipient=ANN, status="unconfirmed")),
    ],
)
async def test_an_event_means_a_status_R28_R14(
    vendor: FakeTwilio, twilio: Twilio, inbox: RecordingInbox, status: str, code: str, expected: Receipt
):
    await twilio.webhook(signed(await delivered(vendor, twilio, Status=status, ErrorCode=code)), inbox)
    await twilio.deliver_due(inbox)

    assert inbox.taken == [expected]


async def test_the_set_is_looked_up_and_our_number_left_out_R44(vendor: FakeTwilio, twilio: Twilio, inbox: RecordingInbox):
    sid = vendor.conversation(BUSINESS, (ANN, BOB, CY)).sid
    media = json.dumps([{"Sid": "ME1", "ContentType": "image/png", "Size": 3, "Filename": "a.png"}])
    fields = {"EventType": "onMessageAdded", "ConversationSid": sid, "MessageSid": "IM1", "ChatServiceSid": "IS1", "Source": "SMS"}
    await twilio.webhook(signed(fields | {"Author": ANN, "Body": "", "Media": media}), inbox)
    await twilio.deliver_due(inbox)

    file = Media(url="https://mcs.us1.twilio.com/v1/Services/IS1/Media/ME1", content_type="image/png")
    assert inbox.written == [
        Inbound(from_=ANN, to=BUSINESS, group=(BOB, CY), body=None, media=(file,), carrier_message_id="IM1"),
    ]


async def test_a_text_to_the_business_alone_needs_no_lookup_R44(vendor: FakeTwilio, twilio: Twilio, inbox: RecordingInbox):
    for body in ("Hi", ""):
        await twilio.webhook(signed({"MessageSid": "SM1", "From": ANN, "To": BUSINESS, "Body": body, "NumMedia": "0"}), inbox)

    assert inbox.written == [
        Inbound(from_=ANN, to=BUSINESS, group=(), body=body, media=(), carrier_message_id="SM1") for body in ("Hi", None)
    ]
    assert vendor.requests == []


@pytest.mark.parametrize(
    ("body", "said", "answers"),
    [
        ("Stop ", {}, True),
        ("help", {}, True),
        ("ARRET", {}, False),
        ("Stop it", {}, False),
        ("basta", {"OptOutType": "STOP"}, True),
    ],
)
async def test_a_keyword_that_twilio_answers_itself_is_marked_R41(
    twilio: Twilio, inbox: RecordingInbox, body: str, said: dict[str, str], *, answers: bool
):
    await twilio.webhook(signed({"MessageSid": "SM1", "From": ANN, "To": BUSINESS, "Body": body, "NumMedia": "0"} | said), inbox)

    assert [each.carrier_answers for each in inbox.written] == [answers]


async def test_a_keyword_in_a_group_that_twilio_answers_itself_is_marked_R41(
    vendor: FakeTwilio, twilio: Twilio, inbox: RecordingInbox
):
    sid = vendor.conversation(BUSINESS, (ANN, BOB, CY)).sid
    fields = {"EventType": "onMessageAdded", "ConversationSid": sid, "MessageSid": "IM1", "ChatServiceSid": "IS1", "Source": "SMS"}
    await twilio.webhook(signed(fields | {"Author": ANN, "Body": "STOP"}), inbox)
    await twilio.deliver_due(inbox)

    assert [each.carrier_answers for each in inbox.written] == [True]


@pytest.mark.parametrize(
    "fields",
    [
        {"MessageSid": "MM1", "From": ANN, "To": BUSINESS, "Body": "Hi", "OtherRecipients0": BOB},
        {"MessageSid": "MM1", "From": BUSINESS, "To": ANN, "MessageStatus": "delivered"},
        {"MessageSid": "SM1", "From": BUSINESS, "To": ANN, "SmsStatus": "sent"},
        {"MessageSid": "SM1", "From": ANN, "To": BUSINESS, "Body": "Hi", "OtherRecipients0": BOB},
        {"EventType": "onMessageAdded", "ConversationSid": "CH1", "MessageSid": "IM1", "Author": BUSINESS, "Source": "API"},
        {"EventType": "onConversationStateUpdated", "ConversationSid": "CH1", "StateTo": "active"},
        {"EventType": "onDeliveryUpdated"},
        {},
    ],
)
async def test_copies_and_irrelevant_events_are_acknowledged_R45(
    twilio: Twilio, inbox: RecordingInbox, clock: HandClock, fields: dict[str, str]
):
    await twilio.webhook(signed(fields), inbox)

    clock.forward(SETTLED_SECONDS)
    assert (await twilio.deliver_due(inbox), inbox.taken, inbox.written) == (0, [], [])


async def test_the_worker_hands_over_posted_events_and_stops_on_request_R45(
    vendor: FakeTwilio, twilio: Twilio, inbox: RecordingInbox
):
    event, stop, taken = await delivered(vendor, twilio), asyncio.Event(), asyncio.Event()

    class Ringing(RecordingInbox):
        async def receipts(self, batch: object) -> None:
            taken.set()

    worker = asyncio.create_task(twilio.work(Ringing(), stop))
    await twilio.webhook(signed(event), inbox)
    await taken.wait()
    stop.set()
    await worker


def test_a_body_that_is_neither_form_nor_json_is_refused_R45():
    with pytest.raises(InvalidRequestError):
        events.fields_of(Posted(path=PATH, headers={"content-type": "application/json"}, body=b"\xff{"))


@given(
    body=st.binary()
    | st.dictionaries(st.text(), st.text() | st.integers() | st.none()).map(lambda each: json.dumps(each).encode()),
    content_type=st.sampled_from([FORM, "application/json"]),
)
def test_no_form_is_an_error_R45(body: bytes, content_type: str):
    request = Posted(path=PATH, headers={"content-type": content_type}, body=body)
    try:
        fields = events.fields_of(request)
    except InvalidRequestError:
        assert content_type != FORM
        return
    events.media(fields | {"Media": body.decode("latin-1")}, "https://mcs.us1.twilio.com/v1")
    if events.kind_of(fields) in ("sms", "mms"):
        events.direct(fields)
