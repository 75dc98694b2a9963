"""A transcript as one HTML file, which loads nothing: no script, no font, no picture, and no link."""

from collections.abc import Iterable
from html import escape
from typing import BinaryIO

from groupchat.transcript.parts import Facts, Heading, Paragraph, Part, Title, TranscriptEntry, Verbatim
from groupchat.transcript.readable import readable

_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<style>
body { font: 15px/1.5 system-ui, sans-serif; color: #111; background: #fff; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin-top: 2rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.5rem } dt { font-weight: 600 } dd { margin: 0 }
article { border-top: 1px solid #ccc; padding: .6rem 0; break-inside: avoid } p { margin: .3rem 0 }
blockquote { margin: .4rem 0; padding: .3rem .8rem; border-left: 3px solid #567; background: #f4f6f8; white-space: pre-wrap }
blockquote, dd, p, pre { overflow-wrap: anywhere } pre { white-space: pre-wrap; background: #f4f6f8; padding: .6rem }
time { font-variant-numeric: tabular-nums } .evidence { color: #555; font-size: .85rem }
@page { margin: 2cm; @bottom-right { content: counter(page) " / " counter(pages) } }
</style>
"""


def write(parts: Iterable[Part], file: BinaryIO) -> None:
    """Write a transcript in UTF-8, part by part."""
    file.write(_HEAD.encode())
    file.writelines(_written(part).encode() for part in parts)
    file.write(b"</html>\n")


def _written(part: Part) -> str:
    match part:
        case Title(text):
            return f"<title>{escape(text)}</title>\n<h1>{_isolated(text)}</h1>\n"
        case Heading(text):
            return f"<h2>{escape(text)}</h2>\n"
        case Paragraph(text):
            return f"<p>{escape(text)}</p>\n"
        case Facts(rows):
            return f"<dl>{''.join(f'<dt>{_isolated(name)}</dt><dd>{_isolated(value)}</dd>' for name, value in rows)}</dl>\n"
        case Verbatim(text):
            return f"<pre>{escape(text)}</pre>\n"
        case TranscriptEntry():
            return _entry(part)


def _entry(entry: TranscriptEntry) -> str:
    head = f"{entry.number}. <time>{escape(entry.at)}</time> <strong>{_isolated(entry.who)}</strong> {_isolated(entry.what)}"
    quote = "" if entry.quote is None else f'<blockquote dir="auto">{escape(readable(entry.quote))}</blockquote>'
    notes = "".join(f"<p>{_isolated(note)}</p>" for note in entry.notes)
    return f'<article id="e{entry.number}"><p>{head}</p>{quote}{notes}<p class="evidence">{escape(entry.evidence)}</p></article>\n'


def _isolated(text: str) -> str:
    """Return a text, escaped, in which names that are written from right to left don't turn what is beside them."""
    return f"<bdi>{escape(text)}</bdi>"
