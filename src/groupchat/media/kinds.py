"""The types of files that messages may have, and how a file's type is recognized by its content (R46).

A file's name and the type that its sender claims say nothing, so neither is used. Files of other types are refused: carriers don't
take them, and some, such as HTML, could do harm in a browser. The libraries that recognize hundreds of types don't know several of
these few (docs/adr/0027).
"""

from typing import IO

from groupchat.values.errors import RefusalError

JPEG, PNG, GIF, WEBP = "image/jpeg", "image/png", "image/gif", "image/webp"
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"%PDF-", "application/pdf"),
    (b"#!AMR\n", "audio/amr"),
    (b"#!AMR-WB\n", "audio/amr-wb"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
)
_BRANDS: tuple[tuple[bytes, str], ...] = (
    (b"3gp", "video/3gpp"),
    (b"3g2", "video/3gpp2"),
    (b"M4A", "audio/mp4"),
    (b"M4V", "video/mp4"),
    (b"qt  ", "video/quicktime"),
    (b"isom", "video/mp4"),
    (b"iso2", "video/mp4"),
    (b"iso4", "video/mp4"),
    (b"iso5", "video/mp4"),
    (b"iso6", "video/mp4"),
    (b"mp41", "video/mp4"),
    (b"mp42", "video/mp4"),
    (b"avc1", "video/mp4"),
    (b"MSNV", "video/mp4"),
    (b"dash", "video/mp4"),
)
"""The beginnings of the major brand of a file in boxes (ISO 14496-12), which says what it has."""
_VCARD = "text/vcard"
_BOX = slice(4, 8)
_BRAND = slice(8, 12)
HEAD_BYTES = 64
"""As many bytes of a file show its type."""
TYPES = (*sorted({type_ for _, type_ in (*_BEGINNINGS, *_BRANDS)} | {WEBP, _VCARD}),)
"""All types that messages may have."""


class MediaTypeError(RefusalError):
    """R46: the file has none of the listed types, is empty, or is damaged."""

    slug = "media-type"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, types=TYPES)


def type_of(file: IO[bytes]) -> str:
    """Return a file's type by its content; raises `MediaTypeError` for a type that is not listed."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if not head:
        msg = "This file is empty."
        raise MediaTypeError(msg)
    found = _recognized(head)
    if found is None:
        types = f"Messages can have files of these types: {', '.join(TYPES)} (R46)."
        msg = f"The content of this file has none of the known types, whatever its name says. {types}"
        raise MediaTypeError(msg)
    return found


def _recognized(head: bytes) -> str | None:
    if head[_BOX] == b"ftyp":
        return next((type_ for brand, type_ in _BRANDS if head[_BRAND].startswith(brand)), None)
    if head.startswith(b"RIFF") and head[_BRAND] == b"WEBP":
        return WEBP
    if head.removeprefix(b"\xef\xbb\xbf")[:11].upper() == b"BEGIN:VCARD":
        return _VCARD
    if _is_mpeg_audio(head):
        return "audio/mpeg"
    return next((type_ for begin, type_ in _BEGINNINGS if head.startswith(begin)), None)


def _is_mpeg_audio(head: bytes) -> bool:
    """Return whether a frame of MPEG audio, layer III, begins here: eleven bits that are set, then its version and layer."""
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2  # noqa: PLR2004 - the bits of the format
