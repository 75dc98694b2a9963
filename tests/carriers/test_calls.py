"""Calls to a carrier: what an outcome means for the message in it."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from groupchat.carriers.calls import Calls
from groupchat.carriers.port import CarrierUnclearError
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
async def test_a_slow_carrier_is_one_that_can_not_be_asked_now_R28(respond):
    calls = Calls("https://carrier.example/v1", transport=httpx.MockTransport(respond), read_seconds=0.05)
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(CarrierUnclearError, match=r"it did not respond within 0\.05 seconds") as caught:
            await calls.get("/messages")
    assert caught.value.retry_after is not None
