"""The command for operators that shows whether everything keeps up, and who does the work."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from math import inf
from typing import Annotated

import msgspec
import typer
from msgspec import Struct
from rich.box import HEAVY_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from groupchat.broker.topics import RELAY
from groupchat.cli.reading import closing_database
from groupchat.cli.shell import clean, say, settings
from groupchat.settings import Settings
from groupchat.store.log import Log
from groupchat.store.schema import existing_database
from groupchat.store.standing import Standing, look
from groupchat.values.clock import utc_now
from groupchat.workers import REPORTED, REQUIRED

app = typer.Typer()
_WIDE = 10_000


class FollowerReport(Struct, frozen=True, kw_only=True):
    """A follower as `--json` shows it; seconds are ages, `seen_seconds` is that of the last sign of a process that runs it."""

    name: str
    well: bool
    position: int
    behind: int
    oldest_seconds: float
    run_by: Collection[str]
    seen_seconds: float | None
    stopped_at: int | None
    error: str | None
    parked: int


class StatusReport(Struct, frozen=True):
    """Whether all followers are well, and each of them."""

    well: bool
    followers: Collection[FollowerReport]


@app.command()
def status(
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Show how far every follower is, how long events wait for it, and which process runs it.

    Exit code 1 if one is stopped, or if an event has waited for longer than GROUPCHAT_MAX_LAG_SECONDS.
    """
    chosen = settings()
    needed = _needed(chosen)
    with closing_database(existing_database(chosen.database_url)) as database:
        found = look(Log.of(database), utc_now(), needed)
    well = {name: each.is_well(chosen.max_lag_seconds if name in needed else inf) for name, each in found.items()}
    if json:
        report = StatusReport(all(well.values()), [_reported(each, well=well[name]) for name, each in found.items()])
        typer.echo(msgspec.json.encode(report).decode())
    else:
        _print(found.values())
        _advise(found, well)
    if not all(well.values()):
        raise typer.Exit(1)


def _needed(chosen: Settings) -> Collection[str]:
    """Return the followers that must keep up. Others may be behind: a replay's relay, or one of earlier settings."""
    return (*REQUIRED, *REPORTED, *((RELAY,) if chosen.kafka_bootstrap_servers is not None else ()))


def _reported(standing: Standing, *, well: bool) -> FollowerReport:
    status = standing.status
    return FollowerReport(
        name=status.name,
        well=well,
        position=status.position,
        behind=standing.behind,
        oldest_seconds=standing.seconds,
        run_by=standing.runs_in,
        seen_seconds=standing.seen_seconds,
        stopped_at=status.stopped_at,
        error=status.error,
        parked=status.parked,
    )


def _print(found: Collection[Standing]) -> None:
    """Print a table; into a pipe, lines that are never cut."""
    console = Console()
    to_people = console.is_terminal
    columns = ("follower", "position", "behind", "oldest waits", "run by", "stopped at", "why")
    table = Table(*columns, box=HEAVY_HEAD if to_people else None)
    for each in found:
        status = each.status
        stopped_at = "" if status.stopped_at is None else str(status.stopped_at)
        waits = _duration(each.seconds) if each.seconds else ""
        cells = (status.name, str(status.position), str(each.behind), waits, _run_by(each), stopped_at, status.error or "")
        table.add_row(*(Text(clean(cell)) for cell in cells))
    console.print(table, width=None if to_people else _WIDE)


def _run_by(standing: Standing) -> str:
    if standing.runs_in:
        return ", ".join(standing.runs_in)
    if standing.seen_seconds is None:
        return "nobody"
    return f"nobody ({standing.held_by[0].process} was last seen {_duration(standing.seen_seconds)} ago)"


def _advise(found: Mapping[str, Standing], well: Mapping[str, bool]) -> None:
    if any(each.status.stopped_at is not None for each in found.values()):
        say.print("`groupchat retry NAME` tries again. `groupchat park NAME` sets the event aside and continues.")
    if idle := [name for name in found if not well[name] and not found[name].runs_in]:
        say.print(f"Events wait, and no process runs {', '.join(idle)}. `groupchat serve` and `groupchat work` do.")


def _duration(seconds: float) -> str:
    """Return a duration for people: `0:01:30` hours, minutes and seconds."""
    return str(timedelta(seconds=round(seconds)))
