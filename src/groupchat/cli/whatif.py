"""The what-if command: history under another policy (docs/whatif.md)."""

import json
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from groupchat.cli.later import loading
from groupchat.cli.printing import print_rows
from groupchat.cli.reading import progress, reading
from groupchat.cli.shell import read_moment
from groupchat.values.progress import EVENTS_PER_REPORT, OnProgress

if TYPE_CHECKING:
    from groupchat.values.event import Recorded
    from groupchat.whatif.differences import Amounts, Difference, Side
    from groupchat.whatif.replay import WhatIf

app = typer.Typer()

_IN_MEMORY = 10 * 1024 * 1024
"""The bytes of differences that wait in memory; more wait in a file."""
_read_row = msgspec.json.Decoder(tuple[str, str, str, str, str]).decode


@app.command()
def whatif(
    policy: Annotated[Path, typer.Option(help="A YAML file with the other policy (docs/whatif.md).")],
    start: Annotated[str | None, typer.Option("--from", help="Report from this time on: RFC 3339, or a date (UTC).")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Replay and report events before this time.")] = None,
    workspace: Annotated[str | None, typer.Option(help="Only this workspace, by its id.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Replay history under another policy, and report which groups, messages and amounts would differ. It changes nothing."""
    with loading():
        from groupchat.aggregates.workspace_events import WorkspaceCreated
        from groupchat.whatif.policy_file import read_policy
        from groupchat.whatif.replay import TOPICS, WhatIf, Window
    window = Window(workspace_id=workspace, start=read_moment("--from", start), end=read_moment("--to", end))
    replay = WhatIf(read_policy(policy), window)
    with reading() as log, progress("replaying") as on_progress:
        head = log.head()
        if workspace is not None:
            log.beginning(workspace, WorkspaceCreated)
        found = replay.replay(_with_progress(log.each(TOPICS, upto=head), head, on_progress))
        if as_json:
            _print_json(found, replay)
        else:
            _print_rows(found, replay)


def _with_progress(log: "Iterable[Recorded]", head: int, on_progress: OnProgress) -> "Iterator[Recorded]":
    for count, recorded in enumerate(log):
        if count % EVENTS_PER_REPORT == 0:
            on_progress(recorded.position, head)
        yield recorded
    on_progress(head, head)


def _print_json(found: "Iterator[Difference]", replay: "WhatIf") -> None:
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


def _print_rows(found: "Iterator[Difference]", replay: "WhatIf") -> None:
    """Print the sums first, and then what they consist of, which is known first and so waits in a file."""
    with SpooledTemporaryFile(_IN_MEMORY, "w+b") as waiting:
        for each in found:
            waiting.write(msgspec.json.encode((each.event, each.kind, _side(each.was), _side(each.would_be), each.why)) + b"\n")
        waiting.seek(0)
        summary = replay.summary()
        counts = (("groups", summary.groups), ("messages", summary.messages))
        totals = [(name, f"{count.was:,}", f"{count.would_be:,}") for name, count in counts]
        differ = f"{summary.count:,} events would have had a different outcome." if summary.count else "Nothing would differ."
        typer.echo(f"{differ}\n")
        print_rows(("in all", "was", "would be"), (*totals, *map(_amounts, summary.amounts)))
        costs = [(each.conversation_id, *_amounts(amounts)) for each in summary.conversations for amounts in each.amounts]
        _print_some(("conversation", "currency", "was", "would be"), costs)
        if summary.count:
            _print_some(("event", "what", "was", "would be", "why"), map(_read_row, waiting))


def _print_some(header: tuple[str, ...], rows: Collection[tuple[str, ...]] | Iterator[tuple[str, ...]]) -> None:
    if rows:
        typer.echo()
        print_rows(header, rows)


def _side(side: "Side") -> str:
    outcome, charge = side.outcome.replace("_", " "), side.charge
    return outcome if charge is None else f"{outcome}, {charge.recipients} x, {charge.amount:f} {charge.currency}"


def _amounts(amounts: "Amounts") -> tuple[str, str, str]:
    return amounts.currency, f"{amounts.was:f}", f"{amounts.would_be:f}"
