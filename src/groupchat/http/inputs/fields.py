"""The types of the fields that callers fill in: lengths in characters (code points), no NUL, which no database stores.

Lone surrogates never get this far: they are no UTF-8, and JSON that has them is refused as malformed. Everything else goes through
as it was written.
"""

from typing import Annotated

from msgspec import Meta

from groupchat.values.patterns import NO_NUL, whole

Name = Annotated[str, Meta(min_length=1, max_length=120, pattern=NO_NUL)]
MessageBody = Annotated[str, Meta(min_length=1, max_length=1_600, pattern=NO_NUL)]
Id = Annotated[str, Meta(min_length=1, max_length=128, pattern=NO_NUL)]
WrittenNumber = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=NO_NUL,
        description="A phone number in any form that a person writes; without a country code it is a US number (R3).",
    ),
]
MediaUrl = Annotated[str, whole(r"https?://[^\s\x00]+", max_length=2_048, description="Where the carrier fetches it.")]
ContentType = Annotated[str, whole(r"[^/\s\x00]+/[^/\r\n\x00]+", max_length=127, description="As `image/jpeg`.")]

SearchText = Annotated[
    str, Meta(max_length=200, pattern=NO_NUL, description="Text or a piece of a number to search for (R27, R29).")
]
Cursor = Annotated[str, Meta(min_length=1, max_length=512, pattern=NO_NUL, description="`next_cursor` of the page before.")]
Limit = Annotated[int, Meta(ge=1, le=200, description="How many items a page has at most.")]
LIMIT = 50
