"""Fetching files from carriers: from whom, with which credentials, and what a response means. The network is a fake."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from io import BytesIO
from ipaddress import IPv4Network
from pathlib import Path
from typing import IO

import httpx
import pytest
from msgspec.structs import replace

from groupchat.addresses import Addresses
from groupchat.media.fetching import MOST_BYTES, Fetcher, MediaSource, NotNowError, NotThereError, RefusedFileError
from groupchat.media.port import MediaStoreError
from tests.media.files import BY_TYPE

PNG = BY_TYPE["image/png"]
HOME = "https://media.carrier.example/accounts/7/"
FILE = f"{HOME}1/0/cat.png"
STORAGE = "https://storage.example/signed?token=x"
LOGIN = {"authorization": "Basic c2VjcmV0"}
JSON = {"content-type": "application/json;charset=utf-8"}
LOOPBACK = IPv4Network("127.0.0.0/8")
HOSTS = {
    "media.carrier.example": ["93.184.215.14"],
    "storage.example": ["93.184.215.15"],
    "two.example": ["93.184.215.16", "93.184.215.17"],
    "inside.example": ["10.0.0.7"],
    "turned.example": ["93.184.215.14", "127.0.0.1"],
}


async def resolve(host: str, _port: int) -> Sequence[str]:
    return HOSTS.get(host, [host])


class Network(httpx.AsyncBaseTransport):
    """Answers each request by what a test says about its address, and remembers it."""

    def __init__(self, answers: dict[str, Callable[[], httpx.Response] | Exception]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, str | None]] = []
        """Of each request: the IP address that it was made to, the address, and the credentials."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        address = f"{request.url.scheme}://{request.headers['host']}{request.url.raw_path.decode()}"
        assert request.extensions["sni_hostname"] == httpx.URL(address).host
        self.asked.append((request.url.host, address, request.headers.get("authorization")))
        answer = self.answers[address]
        if isinstance(answer, Exception):
            raise answer
        return answer()


def leading(to: str, status: int = 302) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(status, headers={"location": to})


def having(content: bytes = PNG, **headers: str) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(200, stream=httpx.ByteStream(content), headers=headers)


def status(code: int) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(code, json={"code": code})


SOURCE = MediaSource(below=[HOME], headers=LOGIN, kept_seconds=60.0)


async def fetched(network: Network, url: str = FILE, *, link: Sequence[str] = (), seconds: float = 30.0) -> bytes:
    source = replace(SOURCE, link=link)
    fetcher, file = Fetcher({"carrier": source}, Addresses(resolve=resolve), transport=network, seconds=seconds), BytesIO()
    await fetcher.fetch("carrier", url, file)
    return file.getvalue()


async def test_a_file_is_fetched_with_the_accounts_credentials_from_an_address_that_was_judged_R46():
    network = Network({FILE: having()})

    assert await fetched(network) == PNG
    assert network.asked == [("93.184.215.14", FILE, LOGIN["authorization"])]


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_redirect_to_another_host_gets_no_credentials_R46(code: int):
    network = Network({FILE: leading(STORAGE, code), STORAGE: having()})

    assert await fetched(network) == PNG
    assert network.asked[1:] == [("93.184.215.15", STORAGE, None)]


async def test_a_redirect_inside_the_account_keeps_the_credentials_and_one_out_of_it_does_not_R46():
    inside, outside = f"{HOME}other", "https://media.carrier.example/accounts/8/1"
    network = Network({FILE: leading("../../other"), inside: leading("/accounts/8/1"), outside: having()})

    assert await fetched(network) == PNG
    assert [credentials for _, _, credentials in network.asked] == [LOGIN["authorization"]] * 2 + [None]


async def test_a_link_in_json_is_followed_without_credentials_R46():
    linked = json.dumps({"links": {"content_direct_temporary": STORAGE}}).encode()
    network = Network({FILE: having(linked, **JSON), STORAGE: having()})

    assert await fetched(network, link=("links", "content_direct_temporary")) == PNG
    assert network.asked[1] == ("93.184.215.15", STORAGE, None)


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"links": []}', b'{"links": {"content_direct_temporary": 1}}', b" " * 70_000])
async def test_a_response_without_the_link_is_not_the_file_R46(body: bytes):
    with pytest.raises(NotNowError):
        await fetched(Network({FILE: having(body, **JSON)}), link=("links", "content_direct_temporary"))


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/accounts/7/1",
        "http://media.carrier.example/accounts/7/1",
        "https://media.carrier.example:8443/accounts/7/1",
        "https://media.carrier.example.evil.example/accounts/7/1",
        "https://media.carrier.example@evil.example/accounts/7/1",
        "https://user:password@media.carrier.example/accounts/7/1",
        "https://media.carrier.example/accounts/8/1",
        "https://media.carrier.example/accounts/7/../8/1",
        "https://media.carrier.example/accounts/7/%2e%2e/8/1",
        "https://media.carrier.example/accounts/7/..%2f8/1",
        "https://media.carrier.example/accounts/7/..%5c8/1",
        "urn:groupchat:media:med_1",
        "file:///etc/passwd",
        "https://[::1",
        "",
    ],
)
async def test_an_address_that_is_not_the_carriers_own_is_never_called_R46(url: str):
    network = Network({})

    with pytest.raises(RefusedFileError):
        await fetched(network, url)
    assert network.asked == []


@pytest.mark.parametrize(
    "to",
    [
        "https://127.0.0.1/latest",
        "https://169.254.169.254/latest/meta-data/",
        "http://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://inside.example/x",
        "https://turned.example/x",
        "http://storage.example/x",
        "file:///etc/passwd",
    ],
)
async def test_a_redirect_to_an_address_inside_is_never_called_R46(to: str):
    network = Network({FILE: leading(to)})

    with pytest.raises(RefusedFileError):
        await fetched(network)
    assert len(network.asked) == 1


async def test_a_host_is_tried_at_its_next_address_R46():
    class HalfDown(Network):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            response = await super().handle_async_request(request)
            if request.url.host == "93.184.215.16":
                msg = "refused"
                raise httpx.ConnectError(msg)
            return response

    there = "https://two.example/x"
    network = HalfDown({FILE: leading(there), there: having()})

    assert await fetched(network) == PNG
    assert [host for host, _, _ in network.asked] == ["93.184.215.14", "93.184.215.16", "93.184.215.17"]


@pytest.mark.parametrize("code", [403, 404, 410])
@pytest.mark.parametrize("hop", [FILE, STORAGE])
async def test_a_missing_file_is_distinguished_from_a_temporary_failure_R46(code: int, hop: str):
    answers = {FILE: status(code)} if hop == FILE else {FILE: leading(STORAGE), STORAGE: status(code)}

    with pytest.raises(NotThereError):
        await fetched(Network(answers))


@pytest.mark.parametrize(
    "answer",
    [
        *(status(code) for code in (401, 408, 429, 500, 503, 304)),
        leading(FILE),
        httpx.ConnectError("refused"),
        httpx.ReadError("reset"),
        having(PNG[:-9], **{"content-length": str(len(PNG))}),
        having(b"", **{"content-length": "5"}),
    ],
)
async def test_trouble_that_may_pass_is_not_now_R46(answer: Callable[[], httpx.Response] | Exception):
    with pytest.raises(NotNowError) as found:
        await fetched(Network({FILE: answer}))

    assert not isinstance(found.value, NotThereError)


@pytest.fixture
def full_disk() -> Iterator[IO[bytes]]:
    with Path("/dev/full").open("r+b", buffering=0) as file:
        yield file


async def test_a_full_disk_of_ours_does_not_count_as_the_carriers_trouble_R46(full_disk: IO[bytes]):
    fetcher = Fetcher({"carrier": SOURCE}, Addresses(resolve=resolve), transport=Network({FILE: having()}))
    with pytest.raises(MediaStoreError, match="No space left on device"):
        await fetcher.fetch("carrier", FILE, full_disk)


@pytest.mark.parametrize("carrier", ["another", ""])
async def test_a_carrier_that_is_not_configured_may_be_again_R46(carrier: str):
    with pytest.raises(NotNowError):
        await Fetcher({}, Addresses(resolve=resolve), transport=Network({})).fetch(carrier, FILE, BytesIO())


@pytest.mark.parametrize("to", [f"https://{'a' * 70}.example/", "https://a..example/", "//[", "\x00", "https://x:99999/"])
async def test_no_redirect_is_an_unexpected_error_R46(to: str):
    source = MediaSource(below=[HOME], headers=LOGIN, kept_seconds=60.0)

    async def as_the_system_does(host: str, port: int) -> Sequence[str]:
        return HOSTS[host] if host in HOSTS else ["127.0.0.1"] if host.encode("idna") else []

    network = Network({FILE: leading(to)})
    with pytest.raises((NotNowError, RefusedFileError)):
        await Fetcher({"carrier": source}, Addresses(resolve=as_the_system_does), transport=network).fetch(
            "carrier", FILE, BytesIO()
        )
    assert len(network.asked) == 1


class Endless(httpx.AsyncByteStream):
    """A body that has no end, after a beginning; `slow`: it stalls after that."""

    def __init__(self, beginning: bytes, *, slow: bool = False) -> None:
        self.given, self.closed = 0, False
        self._beginning, self._slow = beginning, slow

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._beginning
        if self._slow:
            await asyncio.Event().wait()
        while True:
            self.given += 1
            yield b"\0" * 1_048_576

    async def aclose(self) -> None:
        self.closed = True


async def test_a_file_without_end_is_left_at_the_limit_R46():
    body = Endless(PNG)

    with pytest.raises(RefusedFileError):
        await fetched(Network({FILE: lambda: httpx.Response(200, stream=body)}))
    assert (body.given <= MOST_BYTES // 1_048_576 + 1, body.closed) == (True, True)


async def test_a_file_of_another_type_is_left_after_its_first_bytes_whatever_it_claims_R46():
    body = Endless(b"<!DOCTYPE html>" + b" " * 64)

    with pytest.raises(RefusedFileError):
        await fetched(Network({FILE: lambda: httpx.Response(200, headers={"content-type": "image/png"}, stream=body)}))
    assert (body.given, body.closed) == (0, True)


async def test_a_file_that_is_announced_as_too_large_is_not_read_R46():
    body = Endless(PNG)
    announced = {"content-length": str(MOST_BYTES + 1)}

    with pytest.raises(RefusedFileError):
        await fetched(Network({FILE: lambda: httpx.Response(200, headers=announced, stream=body)}))
    assert (body.given, body.closed) == (0, True)


async def test_a_slow_file_is_left_when_its_time_is_over_R46():
    body = Endless(PNG, slow=True)

    with pytest.raises(NotNowError):
        await fetched(Network({FILE: lambda: httpx.Response(200, stream=body)}), seconds=0.01)
    assert body.closed


async def test_a_real_connection_is_made_to_the_judged_address_and_a_cut_body_is_not_now_R46():
    bodies = [b"Content-Length: %d\r\n\r\n%b" % (len(PNG), PNG), b"Content-Length: %d\r\n\r\n%b" % (len(PNG), PNG[:20])]
    heads: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\n" + bodies[len(heads) - 1])
        writer.close()

    async def here(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        below = f"http://media.carrier.example:{server.sockets[0].getsockname()[1]}/"
        source = MediaSource(below=[below], headers=LOGIN, kept_seconds=60.0)
        fetcher = Fetcher({"carrier": source}, Addresses([LOOPBACK], here))
        file = BytesIO()
        await fetcher.fetch("carrier", f"{below}a.png", file)
        with pytest.raises(NotNowError):
            await fetcher.fetch("carrier", f"{below}a.png", BytesIO())
        await fetcher.close()

    assert file.getvalue() == PNG
    assert b"media.carrier.example:" in heads[0]
    assert b"Basic c2VjcmV0" in heads[0]
