"""A carrier behind HTTP, in place of the network: it takes calls, remembers its texts, and gets into trouble on request."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import httpx

from tests.carriers.bench import Trouble


class Vendor(httpx.AsyncBaseTransport):
    """The way to a carrier, and the carrier at its end; a subclass decides how it responds."""

    def __init__(self) -> None:
        self.trouble: Trouble | None = None
        self.fails_with: Exception | None = None
        self.requests: list[httpx.Request] = []
        self.phones: dict[str, list[str]] = defaultdict(list)
        self.files: dict[str, list[str]] = defaultdict(list)
        self.calm = 0
        """The number of calls that text somebody before the trouble begins."""
        self._on_the_way: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(request)
        if self.fails_with is not None:
            raise self.fails_with
        if not self.is_in_trouble(request) or self._is_calm():
            return self.answer(request)
        match self.trouble:
            case "never arrived":
                msg = "Server disconnected without sending a response."
                raise httpx.RemoteProtocolError(msg)
            case "too slow":
                self._on_the_way.append(request)
                await asyncio.Event().wait()
            case "refused":
                return self.replay(request) or self.refusal()
            case "refused for now":
                return self.replay(request) or self.refusal_for_now()
        answer = self.answer(request)
        if self.trouble == "cut off":
            msg = "the connection was reset"
            raise httpx.ReadError(msg)
        return httpx.Response(200, text="<html>OK</html>") if self.trouble == "nonsense" else answer

    def is_in_trouble(self, request: httpx.Request) -> bool:
        """Return whether the trouble, if there is any, concerns a request: it concerns all that text somebody."""
        return request.method == "POST"

    def _is_calm(self) -> bool:
        self.calm -= 1
        return self.calm >= 0

    def arrive(self) -> None:
        """Deliver all requests that are still on their way."""
        for request in self._on_the_way:
            self.answer(request)
        self._on_the_way.clear()

    def hand_on(self, numbers: list[str], text: str, files: Sequence[str] = ()) -> None:
        """Let phones receive a text and files."""
        for number in numbers:
            self.phones[number].append(text)
            self.files[number].extend(files)

    def replay(self, _request: httpx.Request) -> httpx.Response | None:
        """Return the first answer to a request that is repeated, if the carrier knows that it is."""
        return None

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Take a request and return the answer."""
        raise NotImplementedError

    def refusal(self) -> httpx.Response:
        """Return the answer to a message that is never taken."""
        raise NotImplementedError

    def refusal_for_now(self) -> httpx.Response:
        """Return the answer to a message that is not taken now."""
        raise NotImplementedError


def json_of(request: httpx.Request) -> Any:
    """Return a request's body as JSON."""
    return json.loads(request.content)


class VendorBench:
    """The common part of the vendors' benches: a fake vendor, which has trouble when a test wants that."""

    vendor: Vendor

    async def trouble(self, kind: Trouble | None, *, after: int = 0) -> None:
        self.vendor.trouble, self.vendor.calm = kind, after

    async def arrive(self) -> None:
        self.vendor.arrive()

    async def phone(self, number: str) -> list[str]:
        return self.vendor.phones[number]

    async def files(self, number: str) -> list[str]:
        return self.vendor.files[number]
