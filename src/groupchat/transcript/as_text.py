"""A transcript as plain text."""

from collections.abc import Iterable
from textwrap import fill
from typing import BinaryIO

from groupchat.transcript.parts import Facts, Heading, Paragraph, Part, Title, TranscriptEntry, Verbatim
from groupchat.transcript.readable import readable

_WIDTH = 100
_INDENT = "    "


def write(parts: Iterable[Part], file: BinaryIO) -> None:
    """Write a transcript in UTF-8, part by part. Lines of messages are never broken."""
    file.writelines(_written(part).encode() for part in parts)


def _written(part: Part) -> str:
    match part:
        case Title(text):
            return f"{text}\n{'=' * len(text)}\n\n"
        case Heading(text):
            return f"{text}\n{'-' * len(text)}\n\n"
        case Paragraph(text):
            return f"{fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)}\n\n"
        case Facts(rows):
            width = max(len(name) for name, _ in rows)
            return "".join(f"{name:{width}}  {value}\n" for name, value in rows) + "\n"
        case Verbatim(text):
            return "".join(f"{_INDENT}{line}\n" for line in text.rstrip("\n").split("\n")) + "\n"
        case TranscriptEntry():
            return _entry(part)


def _entry(entry: TranscriptEntry) -> str:
    quote = [] if entry.quote is None else [f"{_INDENT}| {line}" for line in readable(entry.quote).split("\n")]
    notes = [f"{_INDENT}{note}" for note in entry.notes]
    lines = (f"{entry.number}. {entry.at}  {entry.who} {entry.what}", *quote, *notes, f"{_INDENT}[{entry.evidence}]")
    return "\n".join(lines) + "\n\n"
