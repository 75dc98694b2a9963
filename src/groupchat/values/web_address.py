"""Web addresses: `http` and `https` URLs as RFC 3986 defines them, with the host that RFC 9110 requires."""

import re
from ipaddress import AddressValueError, IPv6Address

_CODED = "%[0-9A-Fa-f]{2}"
_NAME = rf"(?:[A-Za-z0-9._~!$&'()+*,;=-]|{_CODED})"
_INSIDE = rf"(?:[A-Za-z0-9._~!$&'()+*,;=:@/-]|{_CODED})"
PATTERN = (
    rf"[Hh][Tt][Tt][Pp][Ss]?://(?:(?:{_NAME}|:)*@)?(?:{_NAME}+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{{0,5}})?"
    rf"(?:/{_INSIDE}*)?(?:\?(?:{_INSIDE}|\?)*)?(?:#(?:{_INSIDE}|\?)*)?"
)
"""The grammar. IPv6 addresses and ports are checked separately."""
_ADDRESS = re.compile(PATTERN)
_AUTHORITY = re.compile(r"//(?:[^@/?#]*@)?(?:\[(?P<ipv6>[^\]]*)\]|[^:/?#]*)(?::(?P<port>[0-9]*))?")
_LAST_PORT = 65_535


def is_web_address(text: str) -> bool:
    """Return whether a whole text is a web address: `HTTPS://example.com:8443/a?b` is, `https:///a` is not.

    Letters beyond ASCII, spaces and other characters that URLs can't have must be percent-encoded.
    """
    authority = _AUTHORITY.search(text)
    if authority is None or not _ADDRESS.fullmatch(text):
        return False
    if authority["ipv6"] is not None and not _is_ipv6(authority["ipv6"]):
        return False
    return int(authority["port"] or 0) <= _LAST_PORT


def is_server(text: str) -> bool:
    """Return whether a text is `HOST` or `HOST:PORT`, as in a web address."""
    return not set(text) & set("/?#@") and is_web_address(f"https://{text}")


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True
