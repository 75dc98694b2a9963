"""E-mail addresses: which two are the same mailbox.

Case-folding by Unicode would take another mailbox for one's own: `straße@` for `strasse@`, three letters for a ligature, `k` for a
Kelvin sign.
"""

import re
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase

import idna

from groupchat.values.text import shows_something

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+")


def is_address(text: str) -> bool:
    """Tell whether a text is visible characters, `@`, and more characters, without spaces and control characters."""
    return _ADDRESS.fullmatch(text) is not None and shows_something(text.partition("@")[0])


@lru_cache(maxsize=8_192)
def mailbox(address: str) -> str:
    """Return an address as it is compared: A to Z in lower case, and the domain as the DNS has it.

    So `Ann@BÜCHER.de` is `ann@xn--bcher-kva.de`.
    """
    local, _, domain = address.rpartition("@")
    return f"{local.translate(_LOWER)}@{_asked_for(domain)}"


def _asked_for(domain: str) -> str:
    if domain.isascii():
        return domain.translate(_LOWER)
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return domain  # not a possible name, so it equals only itself
