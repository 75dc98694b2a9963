"""The requests to Telnyx, and the meaning of its responses for each recipient."""

from datetime import timedelta

import httpx
import pytest

from groupchat.aggregates.group_events import Media
from groupchat.carriers.port import CarrierRefusedError, CarrierUnclearError, RecipientResult
from tests.carriers.doubles import ANN, BOB, BUSINESS, HandClock, outgoing
from tests.carriers.telnyx.bench import WEBHOOK_URL, adapter
from tests.carriers.telnyx.fake import FakeTelnyx, refused
from tests.carriers.vendor import json_of

PICTURE = Media(url="https://m.example/a.png", content_type="image/png")
BLOCKED = f"Messages cannot be sent from '{BUSINESS}' to '{BOB}' due to an existing block rule."


class Answering(FakeTelnyx):
    """Answers every call in the same way."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(honors_keys=False)
        self.response = response

    def answer(self, _request: httpx.Request) -> httpx.Response:
        return self.response


def errors(status: int, *found: dict[str, object]) -> httpx.Response:
    return httpx.Response(status, json={"errors": found})


# --- the request


async def test_a_group_message_is_one_request_with_the_documented_fields_R10():
    vendor, clock = FakeTelnyx(honors_keys=True), HandClock()
    await adapter(vendor, clock).send(outgoing("msg_1", to=(ANN, BOB), body="hi é", media=(PICTURE,)))

    (request,) = vendor.requests
    body = (
        f'{{"from":"{BUSINESS}","to":["{ANN}","{BOB}"],"media_urls":["{PICTURE.url}"],'
        f'"text":"hi é","webhook_url":"{WEBHOOK_URL}/msg_1"}}'
    )
    assert (request.method, str(request.url)) == ("POST", "https://api.telnyx.com/v2/messages/group_mms")
    assert request.content.decode() == body
    assert request.headers["authorization"] == "Bearer KEY"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["idempotency-key"] == "msg_1"


@pytest.mark.parametrize(("body", "media"), [("Hello", ()), (None, (PICTURE,))])
async def test_missing_parts_of_a_message_are_omitted_R10(body: str | None, media: tuple[Media, ...]):
    vendor = FakeTelnyx(honors_keys=True)
    await adapter(vendor, HandClock()).send(outgoing(body=body, media=media))

    assert ("text" in json_of(vendor.requests[0])) == (body is not None)
    assert ("media_urls" in json_of(vendor.requests[0])) == bool(media)


async def test_a_message_to_one_person_is_not_a_group_message_R44():
    vendor = FakeTelnyx(honors_keys=True)
    await adapter(vendor, HandClock()).send(outgoing(to=(ANN,)))

    assert vendor.requests[0].url.path == "/v2/messages"
    assert json_of(vendor.requests[0])["to"] == ANN


# --- the answer


async def test_a_response_has_a_result_for_each_recipient_R28_R49():
    entries = [{"phone_number": BOB, "status": "sending_failed"}, {"phone_number": ANN, "status": "queued"}]
    error = {"code": "40012", "title": "Invalid destination", "source": {"pointer": "/to/0/phone_number"}}
    vendor = Answering(httpx.Response(201, json={"data": {"id": "M", "to": entries, "errors": [error]}}))

    assert await adapter(vendor, HandClock()).send(outgoing(to=(ANN, BOB))) == (
        RecipientResult(recipient=ANN, status="sent"),
        RecipientResult(recipient=BOB, status="failed", code="40012"),
    )


@pytest.mark.parametrize(
    "error",
    [
        {"code": "40300", "title": "Blocked due to STOP message", "detail": BLOCKED},
        {"code": "40300", "title": "Blocked due to STOP message", "source": {"pointer": "/to/1/phone_number"}},
    ],
)
async def test_a_refusal_because_of_one_opt_out_names_that_recipient_R14(error: dict[str, object]):
    results = await adapter(Answering(errors(400, error)), HandClock()).send(outgoing(to=(ANN, BOB)))

    assert [(each.recipient, each.status, each.code, each.opted_out) for each in results] == [
        (ANN, "failed", "40300", False),
        (BOB, "failed", "40300", True),
    ]


async def test_a_refusal_of_a_text_to_one_person_because_of_an_opt_out_is_theirs_even_without_their_number_R14():
    refused = errors(400, {"code": "40300", "title": "Blocked due to STOP message"})
    (result,) = await adapter(Answering(refused), HandClock()).send(outgoing(to=(ANN,)))

    assert (result.recipient, result.status, result.opted_out) == (ANN, "failed", True)


@pytest.mark.parametrize(
    ("response", "code", "retry_after"),
    [
        (refused("40310", "Invalid 'to' address", "Not a number.", 400), "40310", None),
        (refused("40300", "Destination unreachable", f"Not {BOB}.", 400), "40300", None),
        (refused("10011", "Too many requests", "Slow down.", 429, {"x-ratelimit-reset": "7"}), "10011", 7.0),
        (refused("10011", "Too many requests", "Slow down.", 429, {"x-ratelimit-reset": "soon"}), "10011", 5.0),
        (refused("40318", "Queue full", "Later.", 400), "40318", 60.0),
        (refused("40333", "Spend limit", "Tomorrow.", 429), "40333", 12 * 3600.0),
        (refused("10009", "Authentication failed", "Check the key.", 401), "10009", 60.0),
        (httpx.Response(403, text="Forbidden"), "http-403", 60.0),
        (httpx.Response(429, text=""), "http-429", 5.0),
        (httpx.Response(404, json=["nothing"]), "http-404", None),
    ],
)
async def test_a_refusal_has_the_carriers_code_and_says_whether_it_is_for_now_R49(
    response: httpx.Response, code: str, retry_after: float | None
):
    clock = HandClock()
    clock.now = clock.now.replace(hour=12, minute=0, second=0, microsecond=0)
    with pytest.raises(CarrierRefusedError) as found:
        await adapter(Answering(response), clock).send(outgoing(to=(ANN, BOB)))

    assert (found.value.code, found.value.retry_after) == (code, retry_after)


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"data": None}),
        httpx.Response(204),
        httpx.Response(302, headers={"location": "https://elsewhere.example"}),
        httpx.Response(500, text="oops"),
        refused("10037", "Service unavailable", "Later.", 503),
        refused("10008", "Request timeout", "Slow.", 408),
        refused("10036", "Resource is being processed", "Wait.", 409),
        refused("10027", "Unprocessable", "The Idempotency-Key was used with another request.", 422),
    ],
)
async def test_such_a_response_leaves_the_result_unclear_R28(response: httpx.Response):
    with pytest.raises(CarrierUnclearError):
        await adapter(Answering(response), HandClock()).send(outgoing())


@pytest.mark.parametrize("error", [httpx.ConnectError("no"), httpx.ConnectTimeout("no"), httpx.PoolTimeout("no")])
async def test_a_call_that_never_left_is_made_again_R28(error: Exception):
    vendor = FakeTelnyx(honors_keys=True)
    vendor.fails_with = error
    with pytest.raises(CarrierRefusedError) as found:
        await adapter(vendor, HandClock()).send(outgoing())

    assert found.value.retry_after is not None
    assert len(vendor.requests) == 1


@pytest.mark.parametrize("error", [httpx.ReadError("no"), httpx.WriteError("no"), httpx.ReadTimeout("no")])
async def test_a_call_that_was_cut_off_is_made_once_and_is_unclear_R28(error: Exception):
    vendor = FakeTelnyx(honors_keys=True)
    vendor.fails_with = error
    with pytest.raises(CarrierUnclearError):
        await adapter(vendor, HandClock()).send(outgoing())

    assert len(vendor.requests) == 1


# --- what became of it


@pytest.mark.parametrize(("hours", "trusted"), [(22, False), (24, True)])
async def test_a_call_is_repeated_only_while_its_key_is_honored_R28(hours: int, *, trusted: bool):
    clock = HandClock()
    message = outgoing(begun_at=clock.now - timedelta(hours=hours))

    with pytest.raises(CarrierUnclearError) as found:
        await adapter(FakeTelnyx(honors_keys=True), clock, trust_key=trusted).find(message)
    assert found.value.retry_after is None
    assert await adapter(FakeTelnyx(honors_keys=True), clock, trust_key=True).find(outgoing(begun_at=clock.now)) == "repeat"


async def test_a_messages_records_at_the_carrier_give_its_outcome_R28_R49():
    vendor = FakeTelnyx(honors_keys=False)
    own = {"cli": BUSINESS, "delivery_status_webhook_url": f"{WEBHOOK_URL}/msg_1"}
    vendor.records = [
        own | {"cld": ANN, "status": "delivery_failed", "errors": ["40008"]},
        own | {"cld": BOB, "status": "delivered", "delivery_status_webhook_url": f"{WEBHOOK_URL}/msg_2"},
    ]

    assert await adapter(vendor, HandClock()).find(outgoing("msg_1", to=(ANN, BOB))) == (
        RecipientResult(recipient=ANN, status="failed", code="40008"),
        RecipientResult(recipient=BOB, status="sent"),
    )
    assert vendor.requests[0].url.params["filter[cli]"] == BUSINESS
