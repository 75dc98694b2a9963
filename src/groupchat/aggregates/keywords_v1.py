"""The keywords of R14 at the time when events did not yet say how a message was recognized. This file never changes.

An old message keeps the meaning that it had on arrival, so neither the list nor the comparison may follow `keywords.py`, which
changes with the law. Everything that they depended on is copied here.
"""

from collections.abc import Callable
from typing import Literal
from unicodedata import category, normalize

_OUT = frozenset(["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "ARRET"])
_OUT_SPACED = frozenset({"STOP ALL", "OPT OUT", "OPT-OUT"})
_IN = frozenset(["START", "UNSTOP", "YES"])


def keyword_v1(body: str | None) -> Literal["opt-out", "opt-in"] | None:
    """Return the keyword as which a message was recognized."""
    text = normalize("NFC", body or "").upper().replace("Ê", "E")
    word = _between(text, str.isalnum)
    if word in _OUT or word in _OUT_SPACED:
        return "opt-out"
    return "opt-in" if _between(text, _is_text) in _IN else None


def _between(text: str, counts: Callable[[str], bool]) -> str:
    inside = [index for index, character in enumerate(text) if counts(character)]
    return " ".join(text[inside[0] : inside[-1] + 1].split()) if inside else ""


def _is_text(character: str) -> bool:
    return category(character)[0] not in "ZPC"
