"""One HTTP call to a carrier, and the meaning of its outcome for the message in it.

No call is ever repeated here: a carrier that has accepted a message must not get it twice because a response was lost. Calls that
change nothing have a time limit. Others have none here: the caller who hands over a message sets one, and knows that a call may
still arrive after it.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx
from msgspec import Struct

from groupchat.carriers.port import CarrierRefusedError, CarrierUnclearError

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
"""The time that a carrier has to respond to a call that changes nothing."""
SOON_SECONDS = 5.0
"""The pause before another attempt for a message that certainly never left."""
SETTLED_SECONDS = 30.0
"""After this time, an interrupted call has certainly ended at the carrier, too."""
LONGEST_BYTES = 1_048_576
"""No more of a response is read. What carriers send is much shorter."""

_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


class CarrierAnswer(Struct, frozen=True):
    """A carrier's response; `body` is decoded from JSON, none if it is nonsense: not JSON, or too long."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def taken(self) -> bool:
        """Whether the carrier says that it did what was requested."""
        return httpx.codes.is_success(self.status)

    @property
    def redirects(self) -> bool:
        """Whether the response names another address, which is not followed."""
        return httpx.codes.is_redirect(self.status)

    @property
    def unavailable(self) -> bool:
        """Whether the carrier can't respond at the moment, or not to so many calls."""
        return httpx.codes.is_server_error(self.status) or self.status == httpx.codes.TOO_MANY_REQUESTS

    def seconds(self, header: str, otherwise: float) -> float:
        """Return the seconds to wait in a header such as `Retry-After`, from 1 to 3,600."""
        try:
            return min(max(1.0, float(self.headers.get(header, otherwise))), 3_600.0)  # in this order, because of `nan`
        except ValueError:
            return otherwise


class Calls:
    """The calls to one carrier, over persistent connections."""

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        basic: tuple[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        """Prepare calls below the address `url`; `transport` replaces the network in tests."""
        self._read_seconds = read_seconds
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"accept-encoding": "identity"} | dict(headers or {}),  # a short response could become a very long one
            auth=None if basic is None else httpx.BasicAuth(*basic),
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
            transport=transport,
        )

    async def post(self, path: str, **given: Any) -> CarrierAnswer:
        """Make a call that may text someone; `given` is httpx's `content`, `data` or `headers`.

        Raises `CarrierRefusedError` if it certainly never left, `CarrierUnclearError` if it may have arrived, such as when the
        carrier took it, but its response makes no sense.
        """
        return await self._call("POST", path, **given)

    async def get(self, path: str, **given: Any) -> CarrierAnswer:
        """Make a call that changes nothing; raises as `post`, and `CarrierUnclearError` without a response in time."""
        try:
            async with asyncio.timeout(self._read_seconds):
                return await self._call("GET", path, **given)
        except TimeoutError as error:
            msg = f"it did not respond within {self._read_seconds:g} seconds"
            raise CarrierUnclearError(msg, retry_after=SETTLED_SECONDS) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _call(self, method: str, path: str, **given: Any) -> CarrierAnswer:
        try:
            async with self._client.stream(method, path, **given) as response:
                answer = CarrierAnswer(response.status_code, response.headers, _json(await _read(response)))
        except _NEVER_LEFT as error:
            raise CarrierRefusedError("unreachable", _words(error), retry_after=SOON_SECONDS) from error
        except httpx.HTTPError as error:
            raise CarrierUnclearError(_words(error), retry_after=SETTLED_SECONDS) from error
        if answer.taken and answer.body is None:
            msg = f"its response {answer.status} is nonsense"
            raise CarrierUnclearError(msg, retry_after=SETTLED_SECONDS)
        return answer


async def _read(response: httpx.Response) -> bytes:
    """Return a response's body; nothing if it is too long."""
    body = b""
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > LONGEST_BYTES:
            return b""
    return body


def _words(error: Exception) -> str:
    """Return what an error says; not of a request that can't be written, because that may quote its credentials."""
    if isinstance(error, httpx.LocalProtocolError):
        return "the request can't be written: check the carrier's settings"
    return f"{type(error).__name__} {error}".strip()


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
