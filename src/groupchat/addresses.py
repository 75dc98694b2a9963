"""The addresses that may be called on somebody else's word: public ones over HTTPS, and those in networks that the operator allows.

Webhooks are such addresses (R55), and so are redirects to the files that people send (R46). An address is judged as an IP address,
when a webhook is registered and again at each call, where the connection is made to exactly the address that was judged. So neither
a name whose answer changes nor another way to write an address leads inside.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from socket import SOCK_STREAM, getaddrinfo
from urllib.parse import urlsplit

from msgspec import Struct

from groupchat.values.errors import ExpectedError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the IP addresses of a host; raises `OSError`."""

_LOOKUPS = 128
"""Lookups at the same time: more than a workspace has webhooks, so that name servers that don't answer hold up no other workspace.

They have their own threads, because such a name server would hold up the database's.
"""
_REGISTRATION_SECONDS = 3.0
_PORTS = {"https": 443, "http": 80}

_NAT64 = IPv6Network("64:ff9b::/96")
_GLOBAL_IPV6 = IPv6Network("2000::/3")
_NOT_GLOBAL: tuple[Network, ...] = (
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
    IPv6Network("2001::/23"),  # Teredo and other protocols
    IPv6Network("2002::/16"),  # 6to4
    IPv6Network("2001:db8::/32"),
    IPv6Network("3fff::/20"),
)
"""Ranges that lead elsewhere than they seem to, or that some versions of Python count as global."""


class InsideError(ExpectedError):
    """The address is inside a network that is not allowed, or a public one without HTTPS."""


class NetworksUnreadableError(ExpectedError):
    """The setting is not a list of networks."""


@cache
def certificates() -> ssl.SSLContext:
    """Return the system's certificates, which judge those addresses. A process loads them once, which takes a while."""
    return ssl.create_default_context()


def read_networks(text: str) -> tuple[Network, ...]:
    """Return the networks of the setting, with commas between; raises `NetworksUnreadableError`."""
    try:
        return tuple(ip_network(each.strip()) for each in text.split(",") if each.strip())
    except ValueError as error:
        msg = f"GROUPCHAT_WEBHOOK_NETWORKS: {error}. Use networks such as 10.1.0.0/16,127.0.0.0/8."
        raise NetworksUnreadableError(msg) from error


def is_public(address: Address) -> bool:
    """Return whether an address is a host of the public Internet, in every form in which IPv6 can contain an IPv4 address."""
    address = _carried(address)
    if any(address in network for network in _NOT_GLOBAL if network.version == address.version):
        return False
    if isinstance(address, IPv6Address) and address not in _GLOBAL_IPV6:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _carried(address: Address) -> Address:
    """Return the IPv4 address that is called if this IPv6 address is."""
    if not isinstance(address, IPv6Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address


class Destination(Struct, frozen=True, kw_only=True):
    """The part of a web address that says where to connect."""

    host: str
    port: int
    encrypted: bool

    @classmethod
    def of(cls, url: str) -> "Destination":
        """Return the destination of a valid web address."""
        parts = urlsplit(url)
        scheme = parts.scheme.lower()
        return cls(host=parts.hostname or "", port=parts.port or _PORTS[scheme], encrypted=scheme == "https")


class Addresses:
    """Judges destinations, by their addresses now. `inside` are the networks that are allowed, also over HTTP."""

    def __init__(self, inside: Sequence[Network] = (), resolve: Resolve | None = None) -> None:
        self._inside = inside
        self._threads = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="lookup")
        self._running: dict[tuple[str, int], Future[list[str]]] = {}
        self._resolve = resolve or self._look_up

    async def of(self, wanted: Destination) -> list[str]:
        """Return the addresses to connect to, in the resolver's order.

        Raises `InsideError` if any of them may not be called, and `OSError` if the name can't be resolved.
        """
        found = await self._resolve(wanted.host, wanted.port)
        for each in found:
            self._require_allowed(ip_address(each), encrypted=wanted.encrypted)
        return list(found)

    async def require_registrable(self, url: str) -> None:
        """Raise `InsideError` for a web address that may not be called. A name that has no address yet passes."""
        with suppress(OSError, UnicodeError, TimeoutError):
            async with asyncio.timeout(_REGISTRATION_SECONDS):
                await self.of(Destination.of(url))

    def close(self) -> None:
        """Begin no further lookups."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _require_allowed(self, address: Address, *, encrypted: bool) -> None:
        carried = _carried(address)
        if any(carried in network for network in self._inside if network.version == carried.version):
            return
        if not is_public(address):  # it is not named, because callers must not learn what names inside stand for
            msg = "its address is not on the public Internet"
            raise InsideError(msg)
        if not encrypted:
            msg = "a public address is only called over https"
            raise InsideError(msg)

    async def _look_up(self, host: str, port: int) -> Sequence[str]:
        """Look a name up. Simultaneous calls share a lookup, because one that was given up keeps its thread until it ends."""
        asked = host, port
        if (running := self._running.get(asked)) is None:
            running = self._running[asked] = self._threads.submit(_addresses_of, host, port)
            running.add_done_callback(lambda _: self._running.pop(asked, None))
        return await asyncio.shield(asyncio.wrap_future(running))


def _addresses_of(host: str, port: int) -> list[str]:
    return list(dict.fromkeys(str(address[0]) for *_, address in getaddrinfo(host, port, type=SOCK_STREAM)))
