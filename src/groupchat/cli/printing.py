"""How results are printed: lines that are never cut, rows, and JSON."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from groupchat.cli.shell import clean
from groupchat.values import moments

_AT_ONCE = 500
"""Rows of one table on a terminal, which are printed as they are found instead of gathered."""
_WIDE = 10_000


def _read_zone(name: object) -> ZoneInfo:
    try:
        return moments.read_zone(str(name))  # also of the default, which is a zone already
    except moments.UnknownZoneError as error:
        raise typer.BadParameter(str(error)) from error


Zone = Annotated[
    ZoneInfo,
    typer.Option(
        "--tz",
        metavar="ZONE",
        parser=_read_zone,
        help="Show times as in this time zone, such as America/New_York, and take dates as in it.",
    ),
]
UTC_ZONE = ZoneInfo("UTC")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def out() -> Console:
    """Return the place of results. It never cuts or wraps a line; print `Text`, because brackets in a string are markup."""
    return Console(soft_wrap=True, highlight=False)


def print_json(value: object) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(json.loads(msgspec.json.encode(value)), indent=2, ensure_ascii=False))


def print_json_lines(values: Iterable[object]) -> None:
    """Print each value as JSON, on a line of its own."""
    for value in values:
        typer.echo(msgspec.json.encode(value).decode())


def print_rows(header: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    """Print rows under a header: a table on a terminal, elsewhere a line each, with tabs between the cells."""
    cells = (tuple(clean(str(cell)).replace("\n", " ") for cell in row) for row in rows)
    if out().is_terminal:
        _print_tables(header, cells)
        return
    typer.echo("\t".join(header))
    for row in cells:
        typer.echo("\t".join(row))


def _print_tables(header: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> None:
    """Print tables as wide as they need to be: the terminal wraps a line, and so an id can be copied."""
    console = Console(width=_WIDE, highlight=False)
    while some := list(islice(rows, _AT_ONCE)):
        table = Table(*header, box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for row in some:
            table.add_row(*map(Text, row))
        console.print(table)
