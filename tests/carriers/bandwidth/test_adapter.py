"""The requests to Bandwidth, and the meaning of its responses."""

import base64

import httpx
import pytest

from groupchat.aggregates.group_events import Media
from groupchat.carriers.port import CarrierRefusedError, CarrierUnclearError
from tests.carriers.bandwidth.bench import adapter
from tests.carriers.bandwidth.fake import FakeBandwidth, refused
from tests.carriers.doubles import ANN, BOB, BUSINESS, outgoing

PICTURE = Media(url="https://m.example/a.png", content_type="image/png")


class Answering(FakeBandwidth):
    """Answers every call in the same way."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__()
        self.response = response

    def answer(self, _request: httpx.Request) -> httpx.Response:
        return self.response


async def test_a_group_message_is_one_request_with_the_documented_fields_R10():
    vendor = FakeBandwidth()
    results = await adapter(vendor).send(outgoing("msg_1", to=(ANN, BOB), body="hi é", media=(PICTURE,)))

    (request,) = vendor.requests
    body = (
        f'{{"applicationId":"app","to":["{ANN}","{BOB}"],"from":"{BUSINESS}",'
        f'"text":"hi é","media":["{PICTURE.url}"],"tag":"msg_1"}}'
    )
    assert (request.method, str(request.url)) == ("POST", "https://messaging.bandwidth.com/api/v2/users/9900000/messages")
    assert request.content.decode() == body
    assert request.headers["authorization"] == "Basic " + base64.b64encode(b"user:password").decode()
    assert [(each.recipient, each.status) for each in results] == [(ANN, "sent"), (BOB, "sent")]


@pytest.mark.parametrize(
    ("response", "code", "retry_after"),
    [
        (refused(400, "request-validation", "No."), "request-validation", None),
        (refused(429, "max-message-queue-size-exceeded", "Slow."), "max-message-queue-size-exceeded", 15.0),
        (httpx.Response(429, headers={"retry-after": "300"}), "http-429", 300.0),
        (refused(401, "unauthorized", "Authentication Failed"), "unauthorized", 60.0),
        (httpx.Response(403), "http-403", 60.0),
        (refused(500, "internal-server-error", "Oops."), "internal-server-error", 30.0),
        (httpx.Response(404, text="<html>"), "http-404", None),
    ],
)
async def test_a_refusal_has_the_carriers_code_and_says_whether_it_is_for_now_R49(
    response: httpx.Response, code: str, retry_after: float | None
):
    with pytest.raises(CarrierRefusedError) as found:
        await adapter(Answering(response)).send(outgoing())

    assert (found.value.code, found.value.retry_after) == (code, retry_after)


async def test_a_refusal_says_which_field_is_wrong_R49():
    with pytest.raises(CarrierRefusedError, match=r"from: '\+1' must"):
        await adapter(Answering(FakeBandwidth().refusal())).send(outgoing())


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(202, text="<html>"),
        httpx.Response(202, json=[]),
        httpx.Response(302),
        httpx.Response(502, text="Bad gateway"),
        httpx.Response(504, json={"message": "Endpoint request timed out"}),
        httpx.Response(408),
    ],
)
async def test_such_a_response_leaves_the_result_unclear_R28(response: httpx.Response):
    with pytest.raises(CarrierUnclearError):
        await adapter(Answering(response)).send(outgoing())


async def test_a_call_whose_answer_is_lost_is_left_to_its_receipts_R28():
    vendor = FakeBandwidth()
    with pytest.raises(CarrierUnclearError) as found:
        await adapter(vendor).find(outgoing())

    assert found.value.retry_after is None
    assert vendor.requests == []
