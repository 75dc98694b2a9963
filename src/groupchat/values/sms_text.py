"""The length of a text as carriers count it (R47): in GSM-7 if that alphabet has all its characters, otherwise in UCS-2.

A group message is an MMS, billed as one unit per recipient whatever its length (R24). The count only limits its length.
"""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet of 3GPP TS 23.038, without the escape."""
_EXTENDED = frozenset("\f^{}\\[~]|€")
"""Characters that are written as an escape and a second character."""
_GSM7 = _BASIC | _EXTENDED
MAX_LENGTH = 1_600
"""The longest text that every carrier accepts."""
_ONE_SMS_GSM7, _ONE_SMS_UCS2 = 160, 70


def length(text: str) -> int:
    r"""Return the length of a text in carriers' characters.

    In GSM-7, `^ { } \ [ ~ ] | €` and the form feed count as two, all others as one. A single character that GSM-7 lacks makes the
    whole text UCS-2, where characters beyond U+FFFF, such as most emoji, count as two and all others as one.
    """
    if _is_gsm7(text):
        return len(text) + sum(map(text.count, _EXTENDED))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def is_one_sms(text: str) -> bool:
    """Return whether a text to one person is a single SMS: 160 characters in GSM-7, 70 in UCS-2."""
    return length(text) <= (_ONE_SMS_GSM7 if _is_gsm7(text) else _ONE_SMS_UCS2)


def _is_gsm7(text: str) -> bool:
    return _GSM7.issuperset(text)
