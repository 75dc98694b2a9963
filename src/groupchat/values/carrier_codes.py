"""The meanings of carriers' codes (R49).

The codes are those of Telnyx (five digits from 40000), Bandwidth (four digits, or words), and Twilio (five digits, 2, 3 or 5
first; the simulated carrier uses them). They don't overlap, so a code alone identifies the meaning.
"""

_OPTED_OUT = "The recipient opted out with the carrier."
_SPAM = "The carrier's spam filter blocked the message."
_LANDLINE = "The number is a landline, or cannot receive texts."
_NO_SUCH_NUMBER = "The number does not exist, or is not in service."
_UNREACHABLE = "The phone could not be reached: it is off, out of coverage, or blocks the sender."
_EXPIRED = "The message was not delivered in time, and the carrier gave up."
_NOT_REGISTERED = "The business number is not registered for business texting (10DLC)."
_TOO_FAST = "Too many messages were sent in a short time, or the day's limit was reached."
_REJECTED = "The recipient's carrier rejected the message."
_SENDER = "The business number cannot send this kind of message. Check that it can send MMS."
_NOT_THE_ACCOUNTS = "The business number is not set up in this carrier account. Check the number, and where it is assigned."
_MALFORMED = "The carrier rejects a field of the message, often the business number. The server's log says which."
_MEDIA = "The recipient's carrier could not take the media: the size, the type, or the address."
_REGION = "The carrier account may not send to this country or region."
_TEMPORARY = "A temporary failure at the carrier."
_UNCLEAR = "The carrier did not learn what became of the message."
_BAD_NUMBER = "The carrier does not accept the number as a destination."
_TOO_MANY = "The group has more participants than the carrier allows."

_TELNYX = {
    "40001": _LANDLINE,
    "40002": _SPAM,
    "40003": _SPAM,
    "40004": _REJECTED,
    "40005": _EXPIRED,
    "40006": _TEMPORARY,
    "40008": _TEMPORARY,
    "40010": _NOT_REGISTERED,
    "40011": _TOO_FAST,
    "40012": _BAD_NUMBER,
    "40013": _SENDER,
    "40014": _EXPIRED,
    "40015": _SPAM,
    "40016": _TOO_FAST,
    "40017": _TOO_FAST,
    "40018": _TOO_FAST,
    "40019": _TOO_FAST,
    "40300": _OPTED_OUT,
    "40305": _NOT_THE_ACCOUNTS,
    "40308": _SENDER,
    "40309": _REGION,
    "40310": _BAD_NUMBER,
    "40318": _TOO_FAST,
    "40333": _TOO_FAST,
}
_BANDWIDTH = {
    "request-validation": _MALFORMED,
    "4302": _SENDER,
    "4303": _BAD_NUMBER,
    "4403": _NOT_THE_ACCOUNTS,
    "4404": _BAD_NUMBER,
    "4406": _NO_SUCH_NUMBER,
    "4409": "The recipient's phone or carrier accepts no picture messages (MMS).",
    "4410": _MEDIA,
    "4411": _MEDIA,
    "4412": _MEDIA,
    "4432": _REGION,
    "4435": _TOO_MANY,
    "4470": _SPAM,
    "4475": _OPTED_OUT,
    "4476": _NOT_REGISTERED,
    "4711": _MEDIA,
    "4712": _MEDIA,
    "4720": _NO_SUCH_NUMBER,
    "4721": _NO_SUCH_NUMBER,
    "4735": _TOO_MANY,
    "4770": _SPAM,
    "4775": _OPTED_OUT,
    "4780": _TOO_FAST,
    "4781": _TOO_FAST,
    "4785": _TOO_FAST,
    "9902": _UNCLEAR,
    "9999": _UNCLEAR,
}
_TWILIO = {
    "21211": _BAD_NUMBER,
    "21408": _REGION,
    "21606": _NOT_THE_ACCOUNTS,
    "21610": _OPTED_OUT,
    "21614": _LANDLINE,
    "21653": _TOO_MANY,
    "21660": _NOT_THE_ACCOUNTS,
    "30001": _TOO_FAST,
    "30003": _UNREACHABLE,
    "30004": _REJECTED,
    "30005": _NO_SUCH_NUMBER,
    "30006": _LANDLINE,
    "30007": _SPAM,
    "30008": _UNCLEAR,
    "30034": _NOT_REGISTERED,
    "50407": "A participant's number is not one of the US or Canada, or belongs to Twilio.",
}
_MEANINGS = _TELNYX | _BANDWIDTH | _TWILIO


def meaning_of(code: str) -> str:
    """Return the meaning of a carrier's code; for an unknown code, where to look it up."""
    return _MEANINGS.get(code, "The carrier's documentation explains this code.")
