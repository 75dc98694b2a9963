"""The words of a text, in the form in which they are searched: folded (R27), and the same whatever the database."""

import re
from collections.abc import Iterable
from unicodedata import category

from groupchat.values.text import folded

LONGEST = 40
"""The characters of a word that count. Longer words are rare, and no database's index takes a word of any length."""
MOST = 4_000
"""The distinct words of a text that count, the first ones. A text that comes in may have any length (R47)."""

_PLAIN = re.compile(f"([0-9a-z]{{1,{LONGEST}}})[0-9a-z]*")
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"
)
"""The characters of scripts that put no space between words (Thai, Japanese, Chinese, ...). Each one is a word."""


def words(text: str) -> list[str]:
    """Return the distinct words of a text, in order: runs of letters, marks and digits, folded."""
    return list(dict.fromkeys(_split(folded(text))))[:MOST]


def _split(text: str) -> Iterable[str]:
    if text.isascii():
        return _PLAIN.findall(text)
    spaced = "".join(each if category(each)[0] in "LMN" else " " for each in text)
    return (word[:LONGEST] for word in _UNSPACED.sub(r" \1 ", spaced).split())
