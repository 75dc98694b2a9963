"""The command that makes a transcript of a conversation (docs/audit.md)."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from getpass import getuser
from socket import gethostname
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from groupchat.cli.files import STDOUT, written
from groupchat.cli.later import loading
from groupchat.cli.printing import UTC_ZONE, Zone
from groupchat.cli.reading import reading
from groupchat.cli.shell import read_moment, say
from groupchat.values.clock import utc_now

if TYPE_CHECKING:
    from groupchat.transcript.parts import Part

app = typer.Typer()


class Format(StrEnum):
    """The formats of transcripts."""

    TXT = "txt"
    HTML = "html"
    PDF = "pdf"


@app.command()
def transcript(
    conversation: Annotated[str, typer.Argument(metavar="CONVERSATION", help="A conversation's id, as `groupchat find` shows it.")],
    out: Annotated[str, typer.Option(help="The file to write, which only you can read, or `-` for stdout.")],
    format_: Annotated[Format, typer.Option("--format", help="Plain text, HTML in one file, or PDF.")] = Format.HTML,
    at: Annotated[str | None, typer.Option("--at", help="End at this time: 2025-01-31T23:59:30Z, or a date.")] = None,
    by: Annotated[str | None, typer.Option(help="Who makes it, for the record. Default: your login and the machine.")] = None,
    zone: Zone = UTC_ZONE,
) -> None:
    """Make a transcript of a conversation to hand over: names, times, statuses, opt-outs, and the checkpoint that proves them.

    It has who made it, when, and from which events, and describes how to verify it. Read access is sufficient.
    """
    with loading():
        from groupchat.proof.kept import checkpoint_from
        from groupchat.store.database import shown
        from groupchat.transcript.composing import Making, compose
        from groupchat.transcript.source import source_of
    now = utc_now()
    with reading() as log:
        source = source_of(log, conversation, read_moment("--at", at, zone), now)
        overview = source.overview()
        with log.database.read() as connection:
            note = checkpoint_from(connection, overview.newest)
        store = shown(log.database.url)
        making = Making(by=by or f"{getuser()} on {gethostname()}", at=now, store=store, zone=zone, checkpoint=note)
        with written(out) as file:
            _write(format_, file, compose(source, overview, making), now)
    if out != STDOUT:
        say.print(f"The transcript is in {out}.", markup=False, highlight=False)
    if note is None:
        say.print("No checkpoint covers it yet. Sign one with `groupchat audit checkpoint`, and make it again.")


def _write(chosen: Format, file: BinaryIO, parts: "Iterable[Part]", made_at: datetime) -> None:
    match chosen:
        case Format.TXT:
            from groupchat.transcript import as_text

            as_text.write(parts, file)
        case Format.HTML:
            from groupchat.transcript import as_html

            as_html.write(parts, file)
        case Format.PDF:
            from groupchat.transcript import as_pdf

            as_pdf.write(parts, file, made_at)
