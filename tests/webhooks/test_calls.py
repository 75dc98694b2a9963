"""Calls of webhooks (R55): the connection goes to the judged address under the receiver's name; any response is an outcome."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from groupchat.addresses import Addresses
from groupchat.values.clock import utc_now
from groupchat.webhooks.calls import CallOutcome, Receiver
from tests.support.receiver import receiving

NAME = "hooks.example.com"
LOCAL = (IPv4Network("127.0.0.1/32"),)
TLS = ssl.create_default_context()


async def here(_host: str, _port: int) -> Sequence[str]:
    """Say that a name is this machine."""
    return ["127.0.0.1"]


def certificate(folder: Path, name: str) -> Path:
    """Write a key and a certificate that it signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(1)
    built = built.not_valid_before(utc_now() - timedelta(days=1)).not_valid_after(utc_now() + timedelta(days=1))
    signed = built.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False).sign(key, hashes.SHA256())
    path = folder / "server.pem"
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


@asynccontextmanager
async def answering(*responses: bytes) -> AsyncIterator[str]:
    """Serve these bytes, one for each connection, whatever is asked; then close the connection. Yield the address."""
    left = list(responses)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(left.pop(0))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()


async def called(url: str, times: int = 1, seconds: float = 10.0) -> list[CallOutcome]:
    receiver = Receiver(url, Addresses(LOCAL), TLS, seconds)
    try:
        return [await receiver.post([(b"webhook-id", b"whk_1_7")], b"{}") for _ in range(times)]
    finally:
        receiver.close()


@pytest.mark.parametrize(("asked", "delivered"), [(NAME, True), ("other.example.com", False)])
async def test_the_certificate_must_have_the_receivers_name_although_an_address_is_called_R55(tmp_path, asked, delivered):
    path, named = certificate(tmp_path, NAME), []
    serving, trusting = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context(cafile=path)
    serving.load_cert_chain(path)
    serving.sni_callback = lambda _socket, name, _context: named.append(name)
    async with receiving(serving) as server:
        port = server.url.rpartition(":")[2]
        receiver = Receiver(f"https://{asked}:{port}/hooks?a=b", Addresses(LOCAL, here), trusting)
        outcome = await receiver.post([], b"{}")
        receiver.close()
    assert named == [asked]
    assert outcome.delivered == delivered
    if delivered:
        assert [(each.path, each.headers["host"]) for each in server.heard] == [("/hooks?a=b", f"{NAME}:{port}")]
    else:
        assert "certificate" in (outcome.error or "")
        assert server.heard == []


async def test_an_address_that_does_not_answer_leaves_time_for_the_next_one_R55(tmp_path):
    async def both(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.2", "127.0.0.1"]

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    path = certificate(tmp_path, NAME)
    serving, trusting = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context(cafile=path)
    serving.load_cert_chain(path)
    async with receiving(serving) as server:
        port = int(server.url.rpartition(":")[2])
        try:
            mute = await asyncio.start_server(silent, "127.0.0.2", port)
        except OSError as error:
            pytest.skip(f"this machine has no second address: {error}")
        addresses = Addresses((IPv4Network("127.0.0.0/8"),), both)
        receiver = Receiver(f"https://{NAME}:{port}", addresses, trusting, connect_seconds=1.0)
        outcome = await receiver.post([], b"{}")
        receiver.close()
        mute.close()
    assert outcome.delivered


async def test_a_connection_is_used_again_and_replaced_if_the_receiver_closed_it_R55():
    empty = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    async with answering(empty, empty, empty) as url:
        assert [outcome.status for outcome in await called(url, times=3)] == [200, 200, 200]


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (b"", "closed the connection"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "not HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "not HTTP/1.1"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "not HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, "not HTTP/1.1"),
    ],
)
async def test_a_response_that_is_not_complete_is_a_failure_R55(response, error):
    async with answering(response) as url:
        (outcome,) = await called(url)
    assert not outcome.delivered
    assert error in (outcome.error or "")


async def test_the_rest_of_a_long_response_is_not_read_R55():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n"
    async with answering(head + b"x" * 200_000) as url:
        (outcome,) = await called(url)
    assert outcome.delivered


async def test_a_receiver_that_refuses_connections_or_has_no_address_is_a_failure_R55():
    async def unknown(_host: str, _port: int) -> Sequence[str]:
        raise OSError(-2, "Name or service not known")

    async with answering() as url:
        pass
    (refused,) = await called(url)
    nameless = await Receiver("https://gone.example.com", Addresses(resolve=unknown), TLS).post([], b"{}")
    assert not refused.delivered
    assert refused.error
    assert "Name or service not known" in (nameless.error or "")


@pytest.mark.parametrize(("header", "seconds"), [("120", 120.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("9" * 400, None)])
async def test_a_retry_after_in_seconds_is_read_R55(header, seconds):
    async with answering(f"HTTP/1.1 503 Busy\r\nRetry-After: {header}\r\nContent-Length: 0\r\n\r\n".encode()) as url:
        (outcome,) = await called(url)
    assert (outcome.status, outcome.retry_after) == (503, seconds)
