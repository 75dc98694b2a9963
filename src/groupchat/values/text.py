"""Text as people see and compare it: whether any of it is visible, and whether two texts are equal however they were typed.

Use this only to compare and judge. The stored and shown text is always the original; `storable` is the one exception.
"""

import re
from unicodedata import category, combining, normalize

_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
"""Letters, and one symbol, that are blank in every font."""
_JOINERS = frozenset("\u034f\u17b4\u17b5\u180b\u180c\u180d\u180f\u2065")
"""Invisible marks, besides the variation selectors."""
_ALIKE = str.maketrans(
    dict.fromkeys("'`\u00b4\u02b9\u02bb\u02bc\u02bd\u02c8\u02ca\u02cb\u2018\u2019\u201b\u2032\u2035\ua78c", "")
    | {"\u00e6": "ae", "\u00f0": "d", "\u00f8": "o", "\u0111": "d", "\u0127": "h", "\u0131": "i", "\u0142": "l", "\u0153": "oe"}
    | {"\u0167": "t", "\u2212": "-"},
)
"""Drops every form of the apostrophe, and replaces letters with a stroke or ligature that Unicode doesn't decompose (and the
dotless i) by plain ones, the minus sign by a hyphen."""

_PIECE = 100
"""Texts are folded in pieces of this length. Normalizing sorts the marks on a letter, which takes quadratic time, and an incoming
text may have a million of them on one letter."""
_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")
"""NUL, which Postgres refuses, and halves of surrogate pairs, which UTF-8 does not have."""


def storable(text: str) -> str:
    """Return a text with the replacement character U+FFFD in place of what no database stores.

    It is for what comes in from outside and must be kept (R44, R47). What callers of the API send is rejected instead.
    """
    return _NOT_STORABLE.sub("\ufffd", text)


def is_invisible(character: str) -> bool:
    """Return whether a character shows nothing: format and control characters, fillers. White space is not included."""
    if character.isspace():
        return False
    return (
        category(character) in {"Cc", "Cf"}
        or character in _FILLERS
        or character in _JOINERS
        or "\ufe00" <= character <= "\ufe0f"
        or "\U000e0000" <= character <= "\U000e0fff"
    )


def shows_something(text: str) -> bool:
    """Return whether at least one character is visible (R47); spaces and line breaks are not."""
    return any(not character.isspace() and not is_invisible(character) for character in text)


def folded(text: str) -> str:
    """Return a text in its form for comparing (R27, R38).

    Case in every script, accents, apostrophes and invisible characters are removed. Compatibility forms (full-width and styled
    letters) become the letters that they represent, every dash becomes `-`, and white space becomes single spaces; line breaks
    stay.
    """
    if text.isascii() and text.isprintable():  # most names, and much faster
        return " ".join(text.replace("'", "").replace("`", "").lower().split())  # a table takes ten times as long
    kept = "".join(_letters(text[start : start + _PIECE]) for start in range(0, len(text), _PIECE))
    return normalize("NFC", "\n".join(" ".join(line.split()) for line in kept.split("\n")))


def _letters(piece: str) -> str:
    """Return the letters of a piece of a text, decomposed. Where a text is cut into pieces makes no difference."""
    plain = normalize("NFD", piece).translate(_ALIKE)
    apart = normalize("NFKD", normalize("NFKD", plain).casefold()).translate(_ALIKE)
    return "".join("-" if category(character) == "Pd" else character for character in apart if not _is_ignored(character))


def _is_ignored(character: str) -> bool:
    return combining(character) != 0 or category(character) == "Me" or is_invisible(character)
