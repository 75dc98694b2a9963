"""The types of the fields that callers fill in: lengths in characters (code points), no NUL, which no database stores.

Lone surrogates are rejected earlier: they are not valid UTF-8, and JSON that contains them is malformed. All other characters are
stored as they were written.
"""

from typing import Annotated

from msgspec import Meta

from groupchat.http.inputs.taken import checked
from groupchat.values import names, sms_text
from groupchat.values.email import is_address
from groupchat.values.patterns import NO_NUL, whole
from groupchat.values.web_address import PATTERN, is_web_address


def _too_long(body: str) -> str | None:
    counted = sms_text.length(body)
    if counted <= sms_text.MAX_LENGTH:
        return None
    return f"The body counts {counted} characters, as carriers count; it may have at most {sms_text.MAX_LENGTH} (R47)"


def _no_web_address(url: str) -> str | None:
    return None if is_web_address(url) else "This is not a web address (RFC 3986), such as https://example.com/map.png"


def _no_mailbox(email: str) -> str | None:
    return None if is_address(email) else "This is not an e-mail address, such as ann@example.com"


_VISIBLE = Meta(
    min_length=1,
    pattern=NO_NUL,
    description="At least one visible character, no control characters (R47).",
    extra=checked(names.fault),
)
Name = Annotated[str, _VISIBLE, Meta(max_length=120)]
Reason = Annotated[str, _VISIBLE, Meta(max_length=500)]
MessageBody = Annotated[
    str,
    Meta(
        max_length=sms_text.MAX_LENGTH,
        pattern=NO_NUL,
        description="Its length is counted as carriers count, in GSM-7 or UCS-2 (R47).",
        extra=checked(_too_long),
    ),
]
InboundBody = Annotated[str, Meta(pattern=NO_NUL, description="Of any length (R47).")]
Id = Annotated[str, Meta(min_length=1, max_length=128, pattern=NO_NUL)]
CarrierName = Annotated[str, whole("[a-z]{1,20}", description="A carrier that this server has (R43).", examples=["telnyx"])]
ExternalId = Annotated[
    str,
    whole(
        r"[!-.0-~]{1,128}", description="The id in another system: visible ASCII characters, no slash (R54).", examples=["crm-4711"]
    ),
]
Metadata = Annotated[
    dict[
        Annotated[str, Meta(min_length=1, max_length=40, pattern=NO_NUL)],
        Annotated[str, Meta(max_length=500, pattern=NO_NUL)] | None,
    ],
    Meta(max_length=50, description="Data of another system: up to 50 keys. `null` removes a key (R54)."),
]
WrittenNumber = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=NO_NUL,
        description="A phone number in any common format; without a country code, it is a US number (R3).",
    ),
]
Keywords = Annotated[
    tuple[Annotated[str, Meta(min_length=1, max_length=40, pattern=NO_NUL)], ...],
    Meta(max_length=50, description="The workspace's own keywords, which replace its previous ones (R38)."),
]
MediaUrl = Annotated[
    str,
    whole(
        PATTERN,
        max_length=2_048,
        description="An `http` or `https` address, where the carrier fetches it (RFC 3986).",
        examples=["https://example.com/map.png"],
        extra=checked(_no_web_address),
    ),
]
_TOKEN = r"[!#-'+*.0-9A-Z^-z|~-]+"  # noqa: S105 - a token of RFC 9110
ContentType = Annotated[
    str,
    whole(rf"{_TOKEN}/{_TOKEN}( *;[ -~]*)?", max_length=127, description="A media type (RFC 9110).", examples=["image/jpeg"]),
]
Email = Annotated[str, whole(r"[^@\s\x00]+@[^@\s\x00]+", max_length=254, extra=checked(_no_mailbox))]

SearchText = Annotated[
    str, Meta(max_length=200, pattern=NO_NUL, description="Text or a part of a number to search for (R27, R29).")
]
MessageWords = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=NO_NUL,
        description="Words that one message of the conversation has, whole and in any order (R27).",
    ),
]
Cursor = Annotated[
    str, Meta(min_length=1, max_length=512, pattern=NO_NUL, description="The `next_cursor` or `prev_cursor` of another page.")
]
Limit = Annotated[int, Meta(ge=1, le=200, description="How many items a page has at most.")]
LIMIT = 50
