"""The parts of a transcript in the order of reading. Every format shows all of them."""

from msgspec import Struct


class Title(Struct, frozen=True):
    """The document's title."""

    text: str


class Heading(Struct, frozen=True):
    """The title of what follows."""

    text: str


class Paragraph(Struct, frozen=True):
    """A text of several sentences."""

    text: str


class Facts(Struct, frozen=True):
    """Names with what they stand for."""

    rows: tuple[tuple[str, str], ...]


class Verbatim(Struct, frozen=True):
    """A text in which every character and line break counts."""

    text: str


class TranscriptEntry(Struct, frozen=True, kw_only=True):
    """Something that happened: its number, its time, who did what, what they wrote, what followed, and the event that says so."""

    number: int
    at: str
    who: str
    what: str
    quote: str | None = None
    notes: tuple[str, ...] = ()
    evidence: str


Part = Title | Heading | Paragraph | Facts | Verbatim | TranscriptEntry
