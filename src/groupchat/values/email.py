"""E-mail addresses, and whether two of them are the same mailbox.

Unicode case-folding would confuse different mailboxes: `straße@` with `strasse@`, a ligature with its letters, and a Kelvin sign
with `k`.
"""

import re
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase

import idna

from groupchat.values.text import shows_something

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+")


def is_address(text: str) -> bool:
    """Return whether a text is visible characters, `@`, and more characters, without spaces and control characters."""
    return _ADDRESS.fullmatch(text) is not None and shows_something(text.partition("@")[0])


@lru_cache(maxsize=8_192)
def mailbox(address: str) -> str:
    """Return an address in its form for comparing: A to Z in lower case, and the domain as the DNS has it.

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
        return domain  # not a valid name, so it equals only itself
