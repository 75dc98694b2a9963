"""The what-if command: history under another policy (docs/whatif.md)."""

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from groupchat.aggregates.workspace_events import WorkspaceCreated
from groupchat.cli.reading import progress, reading
from groupchat.cli.shell import clean, read_moment
from groupchat.values.event import Recorded
from groupchat.values.progress import EVENTS_PER_REPORT, OnProgress
from groupchat.whatif.differences import Amounts, Difference, Side
from groupchat.whatif.policy_file import read_policy
from groupchat.whatif.replay import TOPICS, WhatIf, Window

app = typer.Typer()

_AT_ONCE = 500
"""Rows of one table, printed as they are found instead of gathered."""


@app.command()
def whatif(
    policy: Annotated[Path, typer.Option(help="A YAML file with the other policy (docs/whatif.md).")],
    start: Annotated[str | None, typer.Option("--from", help="Report from this time on: RFC 3339, or a date (UTC).")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Replay and report events before this time.")] = None,
    workspace: Annotated[str | None, typer.Option(help="Only this workspace, by its id.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Replay history under another policy, and report which groups, messages and amounts would differ. It changes nothing."""
    window = Window(workspace_id=workspace, start=read_moment("--from", start), end=read_moment("--to", end))
    replay = WhatIf(read_policy(policy), window)
    with reading() as log, progress("replaying") as on_progress:
        head = log.head()
        if workspace is not None:
            log.beginning(workspace, WorkspaceCreated)
        found = replay.replay(_told(log.each(TOPICS, upto=head), head, on_progress))
        if as_json:
            _print_json(found, replay)
        else:
            _print_tables(found, replay)


def _told(log: Iterable[Recorded], head: int, on_progress: OnProgress) -> Iterator[Recorded]:
    for count, recorded in enumerate(log):
        if count % EVENTS_PER_REPORT == 0:
            on_progress(recorded.position, head)
        yield recorded
    on_progress(head, head)


def _print_json(found: Iterator[Difference], replay: WhatIf) -> None:
    """Print one object, piece by piece."""
    typer.echo('{"differences": [', nl=False)
    for count, difference in enumerate(found):
        typer.echo(("," if count else "") + "\n  " + _json(difference), nl=False)
    typer.echo("\n],")
    summary = msgspec.structs.asdict(replay.summary())
    typer.echo(",\n".join(f'"{name}": {_json(value)}' for name, value in summary.items()) + "}")


def _json(value: Any) -> str:
    """Return JSON with decimals as strings, without an exponent."""
    plain = msgspec.to_builtins(value, builtin_types=(Decimal,))
    return json.dumps(plain, default=lambda amount: f"{amount:f}", ensure_ascii=False)


def _print_tables(found: Iterator[Difference], replay: WhatIf) -> None:
    console = Console(markup=False, highlight=False)
    rows = ((each.event, each.kind, _side(each.was), _side(each.would_be), each.why) for each in found)
    _print_rows(console, rows, "event", "what", "was", "would be", "why")
    summary = replay.summary()
    costs = ((each.conversation_id, *_amounts(amounts)) for each in summary.conversations for amounts in each.amounts)
    _print_rows(console, costs, "conversation", "currency", "was", "would be")
    counts = (("groups", summary.groups), ("messages", summary.messages))
    totals = [(name, f"{count.was:,}", f"{count.would_be:,}") for name, count in counts]
    totals += [(currency, was, would_be) for currency, was, would_be in map(_amounts, summary.amounts)]
    _print_rows(console, totals, "in all", "was", "would be")
    console.print(f"{summary.count:,} events would have had a different outcome." if summary.count else "Nothing would differ.")


def _print_rows(console: Console, rows: Iterable[tuple[str, ...]], first: str, *others: str) -> None:
    each = iter(rows)
    while some := list(islice(each, _AT_ONCE)):
        table = Table(Column(first, no_wrap=True), *(Column(name, overflow="fold") for name in others))
        for row in some:
            table.add_row(*(Text(clean(cell)) for cell in row))
        console.print(table)


def _side(side: Side) -> str:
    outcome, charge = side.outcome.replace("_", " "), side.charge
    return outcome if charge is None else f"{outcome}, {charge.recipients} x, {charge.amount:f} {charge.currency}"


def _amounts(amounts: Amounts) -> tuple[str, str, str]:
    return amounts.currency, f"{amounts.was:f}", f"{amounts.would_be:f}"
