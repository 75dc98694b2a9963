"""Connections to a receiver: HTTP/1.1 to exactly the addresses that were judged (R55)."""

import asyncio
import ssl
from collections.abc import Sequence
from time import monotonic

import h11
from msgspec import Struct

from groupchat.addresses import Addresses, Destination

CONNECT_SECONDS = 4.0
"""The time to connect to one of a receiver's addresses, after which the next one is tried, as where IPv6 leads nowhere."""
_IDLE_SECONDS = 30.0
"""A connection that was idle for longer is not used again, because the receiver may be about to close it."""
_LONGEST_RESPONSE = 65_536
"""After this many bytes, the rest of a response is not read."""
_READ = 65_536

Headers = Sequence[tuple[bytes, bytes]]


class ReceiverResponse(Struct, frozen=True):
    """The head of a response."""

    status: int
    headers: dict[bytes, bytes]


class ReceiverGoneError(Exception):
    """The receiver closed the connection before its response was complete."""


class Connections:
    """Connections to one destination. Each carries one request at a time, and is kept for the next one."""

    def __init__(
        self, to: Destination, addresses: Addresses, tls: ssl.SSLContext, connect_seconds: float = CONNECT_SECONDS
    ) -> None:
        self._to = to
        self._addresses = addresses
        self._tls = tls if to.encrypted else None
        self._connect_seconds = connect_seconds
        self._idle: list[_Connection] = []

    async def post(self, target: bytes, headers: Headers, body: bytes) -> ReceiverResponse:
        """Post a body.

        Raises `InsideError`, `OSError`, `h11.RemoteProtocolError` or `ReceiverGoneError`. A kept connection that turns out to be
        closed is replaced by a new one.
        """
        if (kept := self._kept()) is not None:
            try:
                return await self._post(kept, target, headers, body)
            except (ConnectionError, ReceiverGoneError):
                if kept.has_response:
                    raise
        return await self._post(await self._connect(), target, headers, body)

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().close()

    async def _post(self, connection: "_Connection", target: bytes, headers: Headers, body: bytes) -> ReceiverResponse:
        reusable = False
        try:
            response = await connection.exchange(target, headers, body)
            reusable = connection.renew()
        finally:
            if reusable:
                self._idle.append(connection)
            else:
                connection.close()
        return response

    def _kept(self) -> "_Connection | None":
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
            connection.close()
        return None

    async def _connect(self) -> "_Connection":
        failed: OSError = ConnectionError("the name has no address")
        name = self._to.host if self._tls is not None else None
        for address in await self._addresses.of(self._to):
            try:
                async with asyncio.timeout(self._connect_seconds):
                    streams = await asyncio.open_connection(address, self._to.port, ssl=self._tls, server_hostname=name)
            except TimeoutError:
                failed = ConnectionError(f"no connection within {self._connect_seconds:g} seconds")
            except OSError as error:
                failed = error
            else:
                return _Connection(*streams)
        raise failed


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._http = h11.Connection(h11.CLIENT)
        self._used_at = monotonic()
        self.has_response = False
        """Whether any byte of the present response has come."""

    @property
    def is_open(self) -> bool:
        """Return whether another request can probably be sent."""
        return not (self._reader.at_eof() or self._writer.is_closing()) and monotonic() - self._used_at < _IDLE_SECONDS

    async def exchange(self, target: bytes, headers: Headers, body: bytes) -> ReceiverResponse:
        self.has_response = False
        request = h11.Request(method=b"POST", target=target, headers=list(headers))
        sent = (self._http.send(each) or b"" for each in (request, h11.Data(data=body), h11.EndOfMessage()))
        self._writer.write(b"".join(sent))
        await self._writer.drain()
        response, length = None, 0
        while True:
            event = await self._event()
            match event:
                case h11.Response():
                    response = ReceiverResponse(event.status_code, dict(event.headers))
                case h11.Data():
                    length += len(event.data)
            if response is not None and (isinstance(event, h11.EndOfMessage) or length > _LONGEST_RESPONSE):
                return response

    async def _event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            data = await self._reader.read(_READ)
            if not data and not self.has_response:
                raise ReceiverGoneError
            self.has_response = True
            self._http.receive_data(data)
        return event

    def renew(self) -> bool:
        """Return whether the connection can be used for another request, and prepare it for that."""
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        self._used_at = monotonic()
        return True

    def close(self) -> None:
        self._writer.close()
