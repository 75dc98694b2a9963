"""One signed call of a webhook, by the Standard Webhooks specification, and its outcome (R55)."""

import asyncio
import ssl
from collections.abc import Iterable, Mapping
from datetime import datetime
from time import monotonic
from urllib.parse import urlsplit

import h11
from msgspec import Struct
from standardwebhooks import Webhook as Signer

from groupchat import __version__
from groupchat.addresses import Addresses, Destination, InsideError
from groupchat.values.errors import first_line
from groupchat.webhooks.connections import CONNECT_SECONDS, Connections, Headers, ReceiverGoneError

CALL_SECONDS = 15.0
"""The time for a whole call: lookup, connection, request and response."""
AT_ONCE = 8
"""Calls of one webhook at the same time."""


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


class Receiver:
    """Calls one web address, with connections of its own, so that a receiver that hangs takes none from others."""

    def __init__(
        self,
        url: str,
        addresses: Addresses,
        tls: ssl.SSLContext,
        seconds: float = CALL_SECONDS,
        connect_seconds: float = CONNECT_SECONDS,
    ) -> None:
        parts = urlsplit(url)
        self.url = url
        self._target = ((parts.path or "/") + (f"?{parts.query}" if parts.query else "")).encode()
        self._headers = [
            (b"host", parts.netloc.encode()),
            (b"user-agent", b"groupchat/%s" % __version__.encode()),
            (b"content-type", b"application/json"),
        ]
        self._seconds = seconds
        self._connections = Connections(Destination.of(url), addresses, tls, connect_seconds)

    async def post(self, headers: Headers, body: bytes) -> CallOutcome:
        """Post a body; never raises because of what the receiver does."""
        began = monotonic()
        response, error = None, None
        try:
            async with asyncio.timeout(self._seconds):
                length = (b"content-length", b"%d" % len(body))
                response = await self._connections.post(self._target, [*self._headers, length, *headers], body)
        except TimeoutError:
            error = f"no complete response within {self._seconds:g} seconds"
        except InsideError as inside:
            error = f"not called: {inside}"
        except ReceiverGoneError:
            error = "the receiver closed the connection before its response was complete"
        except h11.RemoteProtocolError as wrong:
            error = f"the response is not HTTP/1.1: {first_line(wrong)}"
        except OSError as failed:
            error = failed.strerror or first_line(failed)
        except UnicodeError as failed:
            error = first_line(failed)
        seconds = monotonic() - began
        if response is None:
            return CallOutcome(seconds=seconds, error=error)
        return CallOutcome(seconds=seconds, status=response.status, retry_after=_retry_after(response.headers))

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()


def _retry_after(headers: Mapping[bytes, bytes]) -> float | None:
    """Return the seconds of a `Retry-After`; dates are not read."""
    written = headers.get(b"retry-after", b"")
    return float(written) if written.isdigit() and len(written) < 10 else None  # noqa: PLR2004 - a longer number is not a real pause
