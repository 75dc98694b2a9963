"""Fetching the files that people send, from where their carrier keeps them (R46).

The address of a file is in a webhook, so it is data. Only an address below the carrier's own is called, and only there with the
account's credentials. It may lead on to another host, such as one of a storage service, which is called without credentials if it
is on the public Internet. Each connection is made to an IP address that was judged (`addresses.py`), and carries one request.

A file is judged while it is read: after the first bytes by its type, then by its size. So neither memory nor time is without limit.
"""

import asyncio
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from tempfile import gettempdir
from typing import IO, Any

import httpx
from msgspec import Struct

from groupchat.addresses import Addresses, Destination, InsideError, certificates
from groupchat.media.kinds import HEAD_BYTES, MediaTypeError, type_of
from groupchat.media.port import MediaStoreError

MOST_BYTES = 20_971_520
"""The size of the largest file that is fetched. Carriers' own limits for what they bring are lower."""
FETCH_SECONDS = 30.0
"""The time that a file has to arrive completely."""
_HOPS = 4
"""The requests for one file: to the carrier, and to where it leads."""
_LONGEST_LINK = 65_536
"""The size of the longest response that says where a file is."""
_GONE = frozenset({403, 404, 410})
_TIMEOUT = httpx.Timeout(FETCH_SECONDS, connect=4.0)


class NotNowError(Exception):
    """The file can't be fetched now, but perhaps later; the message says why."""


class NotThereError(NotNowError):
    """The carrier says that it doesn't have the file, or no longer shows it. Right after the message, it may not have it yet."""


class RefusedFileError(Exception):
    """The file is never fetched; the message says why, as a sentence for users."""


class MediaSource(Struct, frozen=True, kw_only=True):
    """Where a carrier keeps the files that people send, and for how long.

    Files have addresses below `below`, which end with a slash. `headers` has the credentials. `link` says where the address of the
    content is in a response of JSON; any other response is the content. `answers` takes the place of the network, for
    a carrier without one.
    """

    below: Sequence[str]
    kept_seconds: float
    headers: Mapping[str, str] = {}
    link: Sequence[str] = ()
    answers: httpx.AsyncBaseTransport | None = None

    def has(self, address: httpx.URL) -> bool:
        """Return whether an address is one of the carrier's own."""
        return any(_is_below(address, httpx.URL(each)) for each in self.below)


class Fetcher:
    """Fetches files from the carriers' sources, by the carriers' names."""

    def __init__(
        self,
        sources: Mapping[str, MediaSource],
        addresses: Addresses,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        seconds: float = FETCH_SECONDS,
    ) -> None:
        """Call addresses that `addresses` judges; `transport` replaces the network in tests."""
        self.sources = sources
        self._addresses = addresses
        self._seconds = seconds
        self._transport = transport or httpx.AsyncHTTPTransport(
            verify=certificates(), limits=httpx.Limits(max_keepalive_connections=0)
        )

    async def fetch(self, carrier: str, url: str, file: IO[bytes]) -> None:
        """Write a file's content, from an empty file on.

        Raises `RefusedFileError`, `NotNowError` or `NotThereError` if it may work later, and `MediaStoreError` if `file` can't be
        written.
        """
        if (source := self.sources.get(carrier)) is None:
            msg = f"the carrier {carrier} is not configured"
            raise NotNowError(msg)
        try:
            async with asyncio.timeout(self._seconds):
                await self._follow(source, _address(url), file)
        except TimeoutError as error:
            msg = f"it did not arrive within {self._seconds:g} seconds"
            raise NotNowError(msg) from error
        except (httpx.HTTPError, OSError) as error:
            msg = f"{type(error).__name__} {error}".strip()
            raise NotNowError(msg) from error
        except MediaTypeError as error:
            raise RefusedFileError(error.detail) from error

    async def close(self) -> None:
        """Close the connections, and look up no more addresses."""
        await self._transport.aclose()
        self._addresses.close()

    async def _follow(self, source: MediaSource, address: httpx.URL, file: IO[bytes]) -> None:
        if not source.has(address):
            msg = "The address of the file is not one of the carrier's."
            raise RefusedFileError(msg)
        for _ in range(_HOPS):
            own = source.has(address)
            response = await self._get(address, source, source.headers if own else {})
            try:
                leads_to = await _led(response, source.link if own else ())
                if leads_to is None:
                    return await _write(response, file)
            finally:
                await response.aclose()
            address = address.join(_address(leads_to))
        msg = "it is redirected too often"
        raise NotNowError(msg)

    async def _get(self, address: httpx.URL, source: MediaSource, credentials: Mapping[str, str]) -> httpx.Response:
        """Request an address, from the first of its hosts that can be reached."""
        headers = {**credentials, "host": address.netloc.decode("ascii"), "accept-encoding": "identity"}
        extensions = {"sni_hostname": address.host, "timeout": _TIMEOUT.as_dict()}
        if source.answers is not None:
            return await source.answers.handle_async_request(httpx.Request("GET", address, headers=headers))
        failed: Exception = OSError("the name has no address")
        for host in await self._hosts(address):
            request = httpx.Request("GET", address.copy_with(host=host), headers=headers, extensions=extensions)
            try:
                return await self._transport.handle_async_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failed = error
        raise failed

    async def _hosts(self, address: httpx.URL) -> Sequence[str]:
        try:
            return await self._addresses.of(Destination.of(str(address)))
        except InsideError as error:
            msg = "The address of the file leads to a host that may not be called."
            raise RefusedFileError(msg) from error
        except ValueError as error:  # a name or a port that no host can have
            msg = "The address of the file leads to no possible host."
            raise RefusedFileError(msg) from error


def basic_login(user: str, password: str) -> dict[str, str]:
    """Return the headers of a user name and a password."""
    return {"authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode("ascii")}


def _address(url: str) -> httpx.URL:
    """Return a web address; raises `RefusedFileError` for anything else, or one with a user name in it."""
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as error:
        msg = "The address of the file is not a web address."
        raise RefusedFileError(msg) from error
    if address.userinfo or address.scheme not in {"", "http", "https"}:
        msg = "The address of the file is not a web address."
        raise RefusedFileError(msg)
    return address


def _is_below(address: httpx.URL, base: httpx.URL) -> bool:
    """Return whether an address is on the same host, in the same folder. Dots don't lead out of it, in any spelling."""
    same = (address.scheme, address.host, address.port) == (base.scheme, base.host, base.port)
    return same and address.raw_path.startswith(base.raw_path) and ".." not in address.path.replace("\\", "/").split("/")


async def _led(response: httpx.Response, link: Sequence[str]) -> str | None:
    """Return where a response leads; none if it has the content itself."""
    if httpx.codes.is_redirect(response.status_code) and (location := response.headers.get("location")):
        return str(location)
    if response.status_code in _GONE:
        msg = f"the carrier does not have it (status {response.status_code})"
        raise NotThereError(msg)
    if response.status_code == httpx.codes.UNAUTHORIZED:
        msg = "the carrier rejects the account's credentials (status 401)"
        raise NotNowError(msg)
    if not httpx.codes.is_success(response.status_code):
        msg = f"the response is {response.status_code}"
        raise NotNowError(msg)
    is_json = response.headers.get("content-type", "").startswith("application/json")
    return _linked(await _short(response), link) if link and is_json else None


async def _short(response: httpx.Response) -> bytes:
    body = b""
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > _LONGEST_LINK:
            msg = "the response that says where the file is has no end"
            raise NotNowError(msg)
    return body


def _linked(body: bytes, link: Sequence[str]) -> str:
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    for name in link:
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, str):
        msg = "the response does not say where the file is"
        raise NotNowError(msg)
    return found


async def _write(response: httpx.Response, file: IO[bytes]) -> None:
    """Write a response's body, unless its beginning shows that it is not a file for messages, or it is too large."""
    size, judged = 0, False
    announced = response.headers.get("content-length", "")
    if announced.isdigit():
        _require_size(int(announced))
    async for piece in response.aiter_raw():
        size += len(piece)
        _require_size(size)
        _keep(piece, file)
        if not judged and size >= HEAD_BYTES:
            judged = True
            type_of(file)
            file.seek(0, 2)
    if announced.isdigit() and size != int(announced):
        msg = f"only {size} of {announced} bytes arrived"
        raise NotNowError(msg)


def _keep(piece: bytes, file: IO[bytes]) -> None:
    try:
        file.write(piece)
        file.flush()  # so that a full disk shows here
    except OSError as error:  # of our disk, which says nothing about the carrier
        msg = f"The folder for temporary files, {gettempdir()}, can't be written: {error.strerror or error}."
        raise MediaStoreError(msg) from error


def _require_size(size: int) -> None:
    if size > MOST_BYTES:
        msg = f"The file is larger than {MOST_BYTES:,} bytes."
        raise RefusedFileError(msg)
