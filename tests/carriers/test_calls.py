"""Calls to a carrier: the meaning of each outcome for the message."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from groupchat.carriers.calls import LONGEST_BYTES, Calls
from groupchat.carriers.port import CarrierRefusedError, CarrierUnclearError
from tests.store.counting import PATIENCE


class Trickle(httpx.AsyncByteStream):
    """A body that never ends."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0)


async def silent(_: httpx.Request) -> httpx.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def trickling(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, stream=Trickle())


@pytest.mark.parametrize("respond", [silent, trickling])
async def test_a_slow_carrier_is_one_that_cannot_be_asked_now_R28(respond):
    calls = Calls("https://carrier.example/v1", transport=httpx.MockTransport(respond), read_seconds=0.05)
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(CarrierUnclearError, match=r"it did not respond within 0\.05 seconds") as caught:
            await calls.get("/messages")
    assert caught.value.retry_after is not None


class Endless(httpx.AsyncByteStream):
    """A body that never ends, and comes fast; `read` is how much of it was taken."""

    def __init__(self) -> None:
        self.read = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.read += 65_536
            yield b" " * 65_536


def responding(response: httpx.Response) -> Calls:
    return Calls("https://carrier.example/v1", transport=httpx.MockTransport(lambda _: response))


@pytest.mark.parametrize(
    ("written", "seconds"), [("7", 7), ("0.1", 1), ("-5", 1), ("1e9", 3_600), ("inf", 3_600), ("nan", 1), ("Fri, 31 Dec 1999", 5)]
)
async def test_a_carriers_pause_is_from_a_second_to_an_hour_whatever_it_writes_R28(written, seconds):
    answer = await responding(httpx.Response(429, headers={"retry-after": written}, json={})).get("/messages")
    assert answer.seconds("retry-after", 5.0) == seconds


@pytest.mark.parametrize("method", ["get", "post"])
async def test_reading_stops_at_the_size_limit_of_a_carriers_response_R28(method):
    body = Endless()
    with pytest.raises(CarrierUnclearError, match="its response 200 is nonsense"):
        await getattr(responding(httpx.Response(200, stream=body)), method)("/messages")
    assert body.read <= LONGEST_BYTES + 65_536


@pytest.mark.parametrize("body", [b"", b"<html>It works</html>", b'{"id": ', b"[" * 100_000, b"\xff\xfe"])
async def test_a_success_whose_body_is_not_json_leaves_the_outcome_unclear_R28(body):
    with pytest.raises(CarrierUnclearError) as caught:
        await responding(httpx.Response(200, content=body)).post("/messages")
    assert caught.value.retry_after is not None


async def test_a_refusal_is_known_by_its_status_however_much_comes_with_it_R28():
    answer = await responding(httpx.Response(400, stream=Endless())).post("/messages")
    assert (answer.status, answer.body) == (400, None)


async def test_a_response_is_not_asked_for_in_a_form_that_grows():
    asked = []
    transport = httpx.MockTransport(lambda request: asked.append(request) or httpx.Response(200, json={}))
    await Calls("https://carrier.example/v1", headers={"x-key": "1"}, transport=transport).get("/messages")
    assert [(each.headers["accept-encoding"], each.headers["x-key"]) for each in asked] == [("identity", "1")]


async def test_a_request_that_cannot_be_written_does_not_show_the_credentials_R28():
    def unwritable(_: httpx.Request) -> httpx.Response:
        msg = "Illegal header value b'Bearer KEY1\\nKEY2'"
        raise httpx.LocalProtocolError(msg)

    with pytest.raises(CarrierRefusedError, match="check the carrier's settings") as refused:
        await Calls("https://carrier.example/v1", transport=httpx.MockTransport(unwritable)).post("/messages")
    assert "KEY1" not in str(refused.value)
