"""How carriers count a text (R47): in GSM-7 where all of it can be written so, else in UCS-2.

A group message is an MMS, one unit per recipient whatever its length (R24); the count is what its length is limited by.
"""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet of 3GPP TS 23.038, without the escape."""
_EXTENDED = frozenset("\f^{}\\[~]|€")
"""What is written as an escape and a second character."""
MAX_LENGTH = 1_600
"""What every carrier takes."""


def length(text: str) -> int:
    r"""Return how many characters a text counts.

    In GSM-7 each counts one, but `^ { } \ [ ~ ] | €` and the form feed count two. One character that GSM-7 doesn't have makes the
    text UCS-2: each counts one, and those beyond U+FFFF, as most emoji, count two.
    """
    extended = sum(character in _EXTENDED for character in text)
    if all(character in _BASIC or character in _EXTENDED for character in text):
        return len(text) + extended
    return len(text) + sum(character > "\uffff" for character in text)
