"""Phone numbers as people type and paste them, reduced to plain characters (R48)."""

import re
from unicodedata import category, decimal, normalize

from phonenumbers import convert_alpha_characters_in_number

from groupchat.values.text import is_invisible

_DASHES = frozenset("\u02d7\u2043\u2212\u30fc")
"""Characters that are used as dashes, besides those in Unicode's category of dashes."""
_DOTS = frozenset("\u00b7\u0387\u05bc\u2022\u2024\u2027\u2219\u22c5\u25cf\u3002\u30fb\uff61\uff65")
_OF_A_NUMBER = frozenset("0123456789+-().,/ ")
_VANITY = re.compile(r"\+?1?[2-9][0-9]{2}(?=(?:[0-9]*[A-Z]){3})[0-9]{0,3}[A-Z][0-9A-Z]*")
"""A full area code, then seven letters and digits, of which at most three digits come before the first letter. Four digits, as in
`304-5550 Mom`, complete a local number, so what follows them is a name."""
_VANITY_DIGITS = 10


def plain(written: str) -> str:
    """Return a number with ASCII digits, spaces, hyphens and dots in place of Unicode's, and without invisible characters."""
    return "".join(map(_plain, written)).strip()


def _plain(character: str) -> str:
    digit = decimal(character, None)
    if digit is not None:
        return str(digit)
    if character.isspace():
        return " "
    if category(character) == "Pd" or character in _DASHES:
        return "-"
    if character in _DOTS:
        return "."
    return "" if is_invisible(character) else normalize("NFKC", character)


def spelled_out(number: str) -> str | None:
    """Return a plain number with the letters of a vanity number as digits; none if it has other letters.

    `1-800-FLOWERS` gives `1-800-3569377`. A leading `tel:` is dropped.
    """
    address = re.sub(r"^tel:", "", number, flags=re.IGNORECASE)
    if not any(character.isalpha() for character in address):
        return address
    compact = re.sub(r"[-(). ]", "", address).upper()
    if len(compact.removeprefix("+").removeprefix("1")) != _VANITY_DIGITS or not _VANITY.fullmatch(compact):
        return None
    return convert_alpha_characters_in_number(address)


def digits_in(text: str) -> str:
    """Return the digits of a part of a number as a person writes it, or nothing if the text is not one.

    `(415) 555-01` gives `41555501`; `Ann 2` gives the empty string.
    """
    piece = plain(text)
    if not all(character in _OF_A_NUMBER for character in piece):
        return ""
    return "".join(character for character in piece if character.isdigit())
