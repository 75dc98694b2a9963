"""Commands for operators: the schema, and followers that an event has stopped."""

from typing import TYPE_CHECKING, Annotated

import typer

from groupchat.cli.later import loading
from groupchat.cli.reading import existing
from groupchat.cli.shell import say, settings
from groupchat.values.errors import ExpectedError

if TYPE_CHECKING:
    from groupchat.store.database import Database
    from groupchat.store.positions import FollowerStatus

app = typer.Typer()


class UnknownFollowerError(ExpectedError):
    """There is no follower with that name; the message says which there are."""


class NotStoppedError(ExpectedError):
    """The follower is not stopped, or no event stopped it; the message says which."""


FollowerName = Annotated[str, typer.Argument(help="A follower's name, as shown by `groupchat status`.")]


@app.command()
def migrate() -> None:
    """Create or update the database schema, and exit. `serve`, `work` and `init` also do this at start."""
    with loading():
        from groupchat.store.schema import migrated_database
    migrated_database(settings().database_url).close()
    say.print("The schema is up to date.")


@app.command()
def retry(name: FollowerName) -> None:
    """Let a stopped follower try its event again after you have fixed the cause."""
    with loading():
        from groupchat.store import positions
    with existing() as database:
        _stopped(database, name)
        _show(positions.retry(database, name))


@app.command()
def park(name: FollowerName) -> None:
    """Set aside the event that stopped a follower, and let it continue. The event stays in the log, and a rebuild retries it."""
    with loading():
        from groupchat.store import positions
    with existing() as database:
        stopped = _stopped(database, name)
        if not stopped.stopped_at:
            msg = f"No event stopped {name}, so there is nothing to park. {stopped.error or ''}".rstrip()
            raise NotStoppedError(msg)
        _show(positions.park(database, name))


def _stopped(database: "Database", name: str) -> "FollowerStatus":
    """Return where a stopped follower is; raises `UnknownFollowerError`, or `NotStoppedError` if it is not stopped."""
    from groupchat.store import positions

    found = positions.statuses(database)
    if name not in found:
        msg = f"Unknown follower {name!r}. The followers are {', '.join(found) or 'none yet'}."
        raise UnknownFollowerError(msg)
    if found[name].stopped_at is None:
        msg = f"{name} is not stopped, so nothing was done. Its position is {found[name].position}."
        raise NotStoppedError(msg)
    return found[name]


def _show(now: "FollowerStatus") -> None:
    typer.echo(f"{now.name} continues from position {now.position}." if now.stopped_at is None else f"{now.name} is stopped.")
