"""Commands for operators: the schema, followers' positions, and poison events."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from groupchat.cli.reading import existing
from groupchat.cli.shell import clean, say, settings
from groupchat.store import positions
from groupchat.store.database import Database
from groupchat.store.schema import migrated_database
from groupchat.workers import UnknownWorkerError

app = typer.Typer()

FollowerName = Annotated[str, typer.Argument(help="A follower's name, as shown by `groupchat status`.")]


@app.command()
def migrate() -> None:
    """Create or update the database schema, and exit. `serve`, `work` and `init` also do this at start."""
    migrated_database(settings().database_url).close()
    say.print("The schema is up to date.")


@app.command()
def status() -> None:
    """Show the position of every follower. Exit code 1 if one is stopped."""
    with existing() as database:
        found = positions.statuses(database)
    if not found:
        say.print("No worker has run on this database yet. `groupchat serve` and `groupchat work` run them.")
    table = Table("follower", "position", "stopped at", "why")
    for one in found.values():
        stopped_at = "" if one.stopped_at is None else str(one.stopped_at)
        table.add_row(*(Text(clean(cell)) for cell in (one.name, str(one.position), stopped_at, one.error or "")))
    Console().print(table)
    if any(one.stopped_at is not None for one in found.values()):
        say.print("`groupchat retry NAME` tries again. `groupchat park NAME` sets the event aside and continues.")
        raise typer.Exit(1)


@app.command()
def retry(name: FollowerName) -> None:
    """Let a stopped follower try its event again after you have fixed the cause."""
    with existing() as database:
        _require_stopped(database, name)
        _show(positions.retry(database, name))


@app.command()
def park(name: FollowerName) -> None:
    """Set aside the event that stopped a follower, and let it continue. The event stays in the log, and a rebuild retries it."""
    with existing() as database:
        _require_stopped(database, name)
        _show(positions.park(database, name))


def _require_stopped(database: Database, name: str) -> None:
    found = positions.statuses(database)
    if name not in found:
        msg = f"Unknown follower {name!r}. The followers are {', '.join(found) or 'none yet'}."
        raise UnknownWorkerError(msg)
    if found[name].stopped_at is None:
        msg = f"{name} is not stopped, so nothing was done. Its position is {found[name].position}."
        raise UnknownWorkerError(msg)


def _show(now: positions.FollowerStatus) -> None:
    typer.echo(f"{now.name} continues from position {now.position}." if now.stopped_at is None else f"{now.name} is stopped.")
