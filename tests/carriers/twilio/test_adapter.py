"""Calls to Twilio: one conversation for each business number and set, and each message in it once."""

import json
from contextlib import suppress
from datetime import timedelta
from urllib.parse import parse_qs

import httpx
import pytest
from msgspec.structs import replace

from groupchat.aggregates.group_events import Media
from groupchat.carriers.port import CarrierRefusedError, CarrierUnclearError, FileContent, Outgoing, RecipientResult
from groupchat.carriers.twilio.adapter import Twilio
from tests.carriers.bench import Trouble
from tests.carriers.doubles import ANN, BOB, BUSINESS, CY, HandClock, outgoing
from tests.carriers.twilio.bench import SERVICE
from tests.carriers.twilio.fake import FakeTwilio, participant_of, refused

PICTURE = Media(url="https://m.example/a.png", content_type="image/png")
CREATION = "/ConversationWithParticipants"


def posts(vendor: FakeTwilio, end: str) -> list[dict[str, list[str]]]:
    """Return the forms that were posted to the paths with an end."""
    return [
        parse_qs(request.content.decode())
        for request in vendor.requests
        if request.method == "POST" and request.url.path.endswith(end)
    ]


async def sends(twilio: Twilio, message: Outgoing) -> None:
    """Send a message, again after a refusal for now."""
    for _ in range(4):
        with suppress(CarrierRefusedError):
            await twilio.send(message)
            return


async def test_a_group_is_created_once_and_each_message_is_posted_to_it_R10(vendor: FakeTwilio, twilio: Twilio):
    await twilio.send(outgoing("msg_1", to=(ANN, BOB), body="hi é"))
    await twilio.send(outgoing("msg_2", to=(BOB, ANN), body="again"))

    (created,) = posts(vendor, CREATION)
    bindings = [json.loads(each)["messaging_binding"] for each in created["Participant"]]
    assert bindings == [{"projected_address": BUSINESS}, {"address": ANN}, {"address": BOB}]
    assert created["MessagingServiceSid"] == ["MG" + "a" * 32]
    assert posts(vendor, "/Messages") == [
        {"Author": [BUSINESS], "Body": [body], "Attributes": [f'{{"message_id":"{id_}"}}']}
        for id_, body in (("msg_1", "hi é"), ("msg_2", "again"))
    ]


async def test_a_file_is_uploaded_and_then_posted_by_its_id_R46(vendor: FakeTwilio, twilio: Twilio):
    content = FileContent(content_type="image/png", data=b"png")
    await twilio.send(replace(outgoing("msg_1", to=(ANN, BOB), body=None, media=(PICTURE,)), part=1, content=content))

    (upload,) = [request for request in vendor.requests if request.url.host == "mcs.us1.twilio.com"]
    assert (upload.method, upload.url.path) == ("POST", f"/v1/Services/{SERVICE}/Media")
    assert (upload.headers["content-type"], upload.content) == ("image/png", b"png")
    (sid,) = vendor.uploads
    expected = {"Author": [BUSINESS], "MediaSid": [sid], "Attributes": ['{"message_id":"msg_1","part":1}']}
    assert posts(vendor, "/Messages") == [expected]


@pytest.mark.parametrize(
    ("trouble", "code", "retry_after"),
    [
        ("cut off", "unclear", 2.0),
        ("nonsense", "unclear", 2.0),
        ("never arrived", "unclear", 2.0),
        ("refused for now", "20429", 5.0),
        ("refused", "50407", None),
    ],
)
async def test_an_upload_in_trouble_texts_nobody_R28(
    vendor: FakeTwilio, twilio: Twilio, trouble: Trouble, code: str, retry_after: float | None
):
    vendor.trouble, vendor.in_trouble = trouble, ("/Media",)
    content = FileContent(content_type="image/png", data=b"png")
    with pytest.raises(CarrierRefusedError) as refused_:
        await twilio.send(replace(outgoing(body=None, media=(PICTURE,)), content=content))
    assert (refused_.value.code, refused_.value.retry_after) == (code, retry_after)
    assert vendor.files[ANN] == []


async def test_a_group_that_is_being_set_up_takes_the_message_later_R28(vendor: FakeTwilio, twilio: Twilio):
    vendor.begins_as = "initializing"
    for _ in range(2):
        with pytest.raises(CarrierRefusedError) as found:
            await twilio.send(outgoing())
        assert (found.value.code, found.value.retry_after) == ("50386", 2.0)

    vendor.conversations[0].state = "active"
    await twilio.send(outgoing())
    assert (len(vendor.conversations), vendor.phones[ANN]) == (1, ["Hello"])


@pytest.mark.parametrize("trouble", ["cut off", "never arrived", "nonsense", "refused for now"])
async def test_trouble_while_a_group_is_created_texts_nobody_twice_R28(vendor: FakeTwilio, twilio: Twilio, trouble: str):
    vendor.trouble, vendor.in_trouble = trouble, (CREATION,)
    with pytest.raises(CarrierRefusedError):
        await twilio.send(outgoing())
    assert vendor.phones[ANN] == []

    vendor.trouble = None
    await sends(twilio, outgoing())
    assert (len(vendor.conversations), vendor.phones[ANN]) == (1, ["Hello"])


async def test_a_group_that_people_began_is_taken_over_R44(vendor: FakeTwilio, twilio: Twilio):
    vendor.conversation(BUSINESS, (ANN, CY))
    begun = vendor.conversation(BUSINESS, (ANN, BOB, CY))
    await twilio.send(outgoing(to=(ANN, BOB, CY)))
    await twilio.send(outgoing("msg_2", to=(ANN, BOB, CY)))

    assert len(vendor.conversations) == 2
    assert len(begun.messages) == 2
    assert begun.name is not None


async def test_a_group_that_people_began_is_found_among_many_R44(vendor: FakeTwilio, twilio: Twilio):
    for n in range(60):  # more than Twilio lists at once
        vendor.conversation(BUSINESS, (ANN, f"+1415555{n:04}"))
    begun = vendor.conversation(BUSINESS, (ANN, BOB, CY))
    await twilio.send(outgoing(to=(ANN, BOB, CY)))
    assert [each["body"] for each in begun.messages] == ["Hello"]


async def test_a_closed_group_is_replaced_and_still_searched_R28(vendor: FakeTwilio, twilio: Twilio):
    await twilio.send(outgoing("msg_1"))
    vendor.conversations[0].state = "closed"
    with pytest.raises(CarrierRefusedError):
        await twilio.send(outgoing("msg_2"))
    await sends(twilio, outgoing("msg_2"))

    assert [len(each.messages) for each in vendor.conversations] == [1, 1]
    assert await twilio.find(outgoing("msg_1")) is not None
    assert await twilio.find(outgoing("msg_2")) is not None
    assert await twilio.find(outgoing("msg_3")) is None


@pytest.mark.parametrize("end", ["/Messages", "/Participants"])
@pytest.mark.parametrize("nonsense", [b"<html>", b"{}", b"[]", b'{"messages": null, "participants": 1}', b" " * 2_000_000])
async def test_nonsense_in_place_of_a_list_does_not_mean_that_the_message_is_missing_R28(
    vendor: FakeTwilio, twilio: Twilio, end: str, nonsense: bytes
):
    await twilio.send(outgoing())
    answer = vendor.answer
    vendor.answer = lambda request: (
        httpx.Response(200, content=nonsense) if request.method == "GET" and request.url.path.endswith(end) else answer(request)
    )
    with pytest.raises(CarrierUnclearError):
        await twilio.find(outgoing())
    vendor.answer = answer
    assert await twilio.find(outgoing()) is not None


async def test_receipts_give_the_outcome_of_a_message_R28_R49(vendor: FakeTwilio, twilio: Twilio):
    await twilio.send(outgoing(to=(ANN, BOB, CY)))
    vendor.receipts[vendor.conversations[0].messages[0]["sid"]] = [
        {"participant_sid": participant_of(ANN), "status": "read", "error_code": 0},
        {"participant_sid": participant_of(BOB), "status": "undelivered", "error_code": 21610},
    ]

    assert await twilio.find(outgoing(to=(ANN, BOB, CY))) == (
        RecipientResult(recipient=ANN, status="delivered"),
        RecipientResult(recipient=BOB, status="failed", code="21610", opted_out=True),
        RecipientResult(recipient=CY, status="sent"),
    )


async def test_a_message_that_is_further_back_is_found_R28(vendor: FakeTwilio, twilio: Twilio, clock: HandClock):
    for n in range(250):
        await twilio.send(outgoing(f"msg_{n}", begun_at=clock.now))

    assert await twilio.find(outgoing("msg_0", begun_at=clock.now)) is not None
    assert await twilio.find(outgoing("msg_old", begun_at=clock.now - timedelta(days=1))) is None
    asked = len(vendor.requests)
    assert await twilio.find(outgoing("msg_new", begun_at=clock.now + timedelta(hours=1))) is None
    assert len(vendor.requests) == asked + 2  # the conversation, and one page: those on it are older than the call


@pytest.mark.parametrize(
    ("response", "code", "retry_after"),
    [
        (refused(50407, 400), "50407", None),
        (refused(20429, 429), "20429", 5.0),
        (refused(20003, 401), "20003", 60.0),
        (refused(20404, 404), "20404", 2.0),
        (httpx.Response(400, json={"type": "x", "title": "t", "status": 400, "code": 50513, "detail": "no"}), "50513", None),
    ],
)
async def test_a_refusal_has_the_carriers_code_and_says_whether_it_is_for_now_R49(
    vendor: FakeTwilio, twilio: Twilio, response: httpx.Response, code: str, retry_after: float | None
):
    vendor.trouble, vendor.refusal = "refused", lambda: response
    with pytest.raises(CarrierRefusedError) as found:
        await twilio.send(outgoing())

    assert (found.value.code, found.value.retry_after) == (code, retry_after)
