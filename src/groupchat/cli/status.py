"""The command for operators that shows whether everything keeps up, and who does the work."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from math import inf
from typing import TYPE_CHECKING

import typer
from msgspec import Struct

from groupchat.cli.later import loading
from groupchat.cli.printing import AsJson, print_json, print_rows
from groupchat.cli.reading import closing_database
from groupchat.cli.shell import say, settings
from groupchat.settings import Settings
from groupchat.values.clock import utc_now

if TYPE_CHECKING:
    from groupchat.store.standing import Standing

app = typer.Typer()
_HEADER = ("follower", "position", "behind", "oldest waits", "run by", "stopped at", "why")


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
    json: AsJson = False,
) -> None:
    """Show how far every follower is, how long events wait for it, and which process runs it.

    Exit code 1 if one is stopped, or if an event has waited for longer than GROUPCHAT_MAX_LAG_SECONDS.
    """
    with loading():
        from groupchat.store.log import Log
        from groupchat.store.schema import existing_database
        from groupchat.store.standing import look
    chosen = settings()
    needed = _needed(chosen)
    with closing_database(existing_database(chosen.database_url)) as database:
        found = look(Log.of(database), utc_now(), needed)
    well = {name: each.is_well(chosen.max_lag_seconds if name in needed else inf) for name, each in found.items()}
    if json:
        report = StatusReport(all(well.values()), [_reported(each, well=well[name]) for name, each in found.items()])
        print_json(report)
    else:
        print_rows(_HEADER, map(_row, found.values()))
        _advise(found, well)
    if not all(well.values()):
        raise typer.Exit(1)


def _needed(chosen: Settings) -> Collection[str]:
    """Return the followers that must keep up. Others may be behind: a replay's relay, or one of earlier settings."""
    from groupchat.workers import REQUIRED, reported

    return (*REQUIRED, *reported(relays=chosen.kafka_bootstrap_servers is not None))


def _reported(standing: "Standing", *, well: bool) -> FollowerReport:
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


def _row(standing: "Standing") -> tuple[object, ...]:
    status = standing.status
    waits = _duration(standing.seconds) if standing.seconds else ""
    stopped_at = "" if status.stopped_at is None else status.stopped_at
    return (status.name, status.position, standing.behind, waits, _run_by(standing), stopped_at, status.error or "")


def _run_by(standing: "Standing") -> str:
    if standing.runs_in:
        return ", ".join(standing.runs_in)
    if standing.seen_seconds is None:
        return "nobody"
    return f"nobody ({standing.held_by[0].process} was last seen {_duration(standing.seen_seconds)} ago)"


def _advise(found: "Mapping[str, Standing]", well: Mapping[str, bool]) -> None:
    stopped = [each.status.stopped_at for each in found.values() if each.status.stopped_at is not None]
    if stopped:
        parks = " `groupchat park NAME` sets the event aside and continues." if any(stopped) else ""
        say.print(f"`groupchat retry NAME` tries again.{parks}")
    if idle := [name for name in found if not well[name] and not found[name].runs_in]:
        say.print(f"No process runs {', '.join(idle)}. Start `groupchat serve` or `groupchat work`.")


def _duration(seconds: float) -> str:
    """Return a duration for people: `0:01:30` hours, minutes and seconds."""
    return str(timedelta(seconds=round(seconds)))
