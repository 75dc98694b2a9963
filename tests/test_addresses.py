"""Which addresses may be called (R55): each form in which an address inside can be written, and a name that leads to one."""

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address
from threading import Event

import pytest

from groupchat.addresses import Addresses, Destination, InsideError, NetworksUnreadableError, is_public, read_networks

INSIDE = (
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
)
PUBLIC = ("8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e", "::ffff:8.8.8.8", "64:ff9b::808:808")


def answering(*addresses: str) -> Addresses:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return Addresses(resolve=resolve)


@pytest.mark.parametrize("address", INSIDE)
async def test_an_address_inside_is_not_called_R55(address):
    assert not is_public(ip_address(address))
    with pytest.raises(InsideError):
        await answering(address).require_registrable("https://crm.example.com")


@pytest.mark.parametrize("address", PUBLIC)
async def test_a_public_address_is_called_over_https_only_R55(address):
    assert is_public(ip_address(address))
    await answering(address).require_registrable("https://crm.example.com")
    with pytest.raises(InsideError, match="https"):
        await answering(address).require_registrable("http://crm.example.com")


async def test_a_name_with_one_address_inside_is_not_called_R55():
    with pytest.raises(InsideError):
        await answering("8.8.8.8", "127.0.0.1").require_registrable("https://crm.example.com")


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "localhost", "LOCALHOST"])
async def test_other_ways_to_write_this_machine_are_not_called_R55(host):
    with pytest.raises(InsideError):
        await Addresses().require_registrable(f"https://{host}/")


async def test_networks_that_the_operator_allows_are_called_even_over_http_R55():
    addresses = Addresses(read_networks("10.1.0.0/16, 127.0.0.0/8"))
    for url in ("http://10.1.2.3/a", "https://10.1.2.3", "http://127.0.0.1:8080", "http://[::ffff:127.0.0.1]/"):
        await addresses.require_registrable(url)
    for url in ("http://10.2.0.1", "https://[::1]/"):
        with pytest.raises(InsideError):
            await addresses.require_registrable(url)


async def test_a_name_without_an_address_can_be_registered_because_each_call_asks_again_R55():
    async def unknown(_host: str, _port: int) -> Sequence[str]:
        raise OSError

    await Addresses(resolve=unknown).require_registrable("https://soon.example.com")


async def test_a_name_server_that_does_not_answer_holds_up_no_other_name_R55(monkeypatch):
    answers = Event()

    def look_up(host: str, _port: int, **_: object) -> list[tuple[object, ...]]:
        if host.startswith("silent"):
            answers.wait()
        return [("", "", "", "", ("8.8.8.8", 443))]

    monkeypatch.setattr("groupchat.addresses.getaddrinfo", look_up)
    addresses = Addresses()
    silent = [asyncio.create_task(addresses.require_registrable(f"https://silent{n % 100}.example")) for n in range(800)]
    await asyncio.sleep(0)  # all of them have begun
    try:
        async with asyncio.timeout(20):
            assert await addresses.of(Destination.of("https://crm.example.com")) == ["8.8.8.8"]
    finally:
        answers.set()
        await asyncio.gather(*silent)
        addresses.close()


def test_a_destination_has_the_port_of_its_scheme_R55():
    assert Destination.of("HTTPS://Crm.Example.com/a?b").port == 443
    assert Destination.of("http://crm.example.com").port == 80
    assert Destination.of("https://[2606:4700::1]:8443/") == Destination(host="2606:4700::1", port=8443, encrypted=True)


@pytest.mark.parametrize("text", ["10.0.0.1/8", "example.com", "10.0.0.0/99"])
def test_networks_that_cannot_be_read_are_reported_R55(text):
    with pytest.raises(NetworksUnreadableError, match="GROUPCHAT_WEBHOOK_NETWORKS"):
        read_networks(text)
