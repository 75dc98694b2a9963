"""One signed call of a webhook, by the Standard Webhooks specification, and what came of it (R55)."""

import asyncio
import ssl
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpcore
from msgspec import Struct
from standardwebhooks import Webhook as Signer

from groupchat import __version__
from groupchat.values.errors import first_line
from groupchat.webhooks.addresses import Addresses, Destination, InsideError

CALL_SECONDS = 15.0
"""The time for a whole call: lookup, connection, request and response."""
AT_ONCE = 8
"""Calls of one webhook at the same time."""
_LONGEST_RESPONSE = 65_536
"""After this many bytes, the rest of a response is not read."""
_IDLE_SECONDS = 30.0

Headers = Sequence[tuple[bytes, bytes]]


class CallOutcome(Struct, frozen=True, kw_only=True):
    """The end of a call: a status, or why there is none. Only 2xx is success; a redirect is not followed."""

    seconds: float
    status: int | None = None
    error: str | None = None
    retry_after: float | None = None
    """The seconds that the receiver asked to wait."""

    @property
    def delivered(self) -> bool:
        """Whether the receiver has the message."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - the 2xx of HTTP


def signed(message_id: str, at: datetime, body: bytes, secrets: Iterable[str]) -> list[tuple[bytes, bytes]]:
    """Return the headers that prove a message, with a signature by each secret."""
    text = body.decode()
    signatures = " ".join(Signer(secret).sign(message_id, at, text) for secret in secrets)
    return [
        (b"webhook-id", message_id.encode()),
        (b"webhook-timestamp", b"%d" % int(at.timestamp())),
        (b"webhook-signature", signatures.encode()),
    ]


class Guarded(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were judged, and to no others."""

    def __init__(self, addresses: Addresses, *, encrypted: bool) -> None:
        self._addresses = addresses
        self._encrypted = encrypted
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of a host that accepts a connection."""
        failed: Exception = httpcore.ConnectError("the name has no address")
        for address in await self._addresses.of(Destination(host=host, port=port, encrypted=self._encrypted)):
            try:
                return await self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def sleep(self, seconds: float) -> None:
        """Sleep, for httpcore."""
        await self._plain.sleep(seconds)


class Receiver:
    """Calls one web address, with connections of its own, so that a receiver that hangs takes none from others."""

    def __init__(self, url: str, addresses: Addresses, tls: ssl.SSLContext, seconds: float = CALL_SECONDS) -> None:
        parts, to = urlsplit(url), Destination.of(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        scheme = b"https" if to.encrypted else b"http"
        self._url = httpcore.URL(scheme=scheme, host=to.host.encode(), port=to.port, target=target.encode())
        self._headers = [
            (b"host", parts.netloc.rpartition("@")[2].encode()),
            (b"user-agent", b"groupchat/%s" % __version__.encode()),
            (b"content-type", b"application/json"),
        ]
        self.url = url
        self._seconds = seconds
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=AT_ONCE,
            max_keepalive_connections=AT_ONCE,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=Guarded(addresses, encrypted=to.encrypted),
        )

    async def post(self, headers: Headers, body: bytes) -> CallOutcome:
        """Post a body; never raises because of what the receiver does."""
        began = monotonic()
        status, error, retry_after = None, None, None
        try:
            async with asyncio.timeout(self._seconds):
                status, retry_after = await self._post([*self._headers, (b"content-length", b"%d" % len(body)), *headers], body)
        except TimeoutError:
            error = f"no complete response within {self._seconds:g} seconds"
        except InsideError as inside:
            error = f"not called: {inside}"
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.TimeoutException,
            ssl.SSLError,
            OSError,
            UnicodeError,
        ) as failed:
            error = first_line(failed)
        return CallOutcome(seconds=monotonic() - began, status=status, error=error, retry_after=retry_after)

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.aclose()

    async def _post(self, headers: Headers, body: bytes) -> tuple[int, float | None]:
        read = 0
        async with self._pool.stream("POST", self._url, headers=list(headers), content=body) as response:
            async for chunk in response.aiter_stream():
                read += len(chunk)
                if read > _LONGEST_RESPONSE:
                    break
            return response.status, _retry_after(dict(response.headers))


def _retry_after(headers: Mapping[bytes, bytes]) -> float | None:
    """Return the seconds of a `Retry-After`; dates are not read."""
    written = next((value for name, value in headers.items() if name.lower() == b"retry-after"), b"")
    return float(written) if written.isdigit() and len(written) < 10 else None  # noqa: PLR2004 - more is no real number of seconds
