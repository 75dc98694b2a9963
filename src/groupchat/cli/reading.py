"""Shared code of commands that read the log: opening it, and a progress bar with the rate and the time left."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

from groupchat.cli.later import loading
from groupchat.cli.shell import say, settings
from groupchat.values.progress import OnProgress

if TYPE_CHECKING:
    from groupchat.store.database import Database
    from groupchat.store.log import Log


@contextmanager
def existing() -> "Iterator[Database]":
    """Open a database that groupchat has used before, and close it at the end; raises `DatabaseUnavailableError`."""
    with loading():
        from groupchat.store.schema import existing_database
    with closing_database(existing_database(settings().database_url)) as database:
        yield database


@contextmanager
def reading() -> "Iterator[Log]":
    """Open the existing log. Nothing is written, and read access is sufficient."""
    with loading():
        from groupchat.store.log import Log
    with existing() as database:
        yield Log.of(database)


@contextmanager
def closing_database(database: "Database") -> "Iterator[Database]":
    """Close a database at the end; driver errors in the block become a `DatabaseUnavailableError`."""
    from sqlalchemy.exc import DBAPIError

    from groupchat.store.database import unavailable

    try:
        yield database
    except DBAPIError as error:
        raise unavailable(error, database.url) from error
    finally:
        database.close()


@contextmanager
def progress(doing: str) -> Iterator[OnProgress]:
    """Show progress on stderr, with the average rate and the time left at that rate."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    how_far = "{task.completed:,.0f} of {task.total:,.0f} events{task.fields[pace]}"
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn(how_far))
    began: tuple[float, int] | None = None

    def show(done: int, total: int) -> None:
        nonlocal began
        since, first = began = began or (monotonic(), done)
        rate = (done - first) / max(monotonic() - since, 1e-3)
        left = f", {timedelta(seconds=round((total - done) / rate))} left" if rate else ""
        bar.update(task, completed=done, total=total, pace=f", {rate:,.0f}/s{left}")

    with Progress(*columns, console=say) as bar:
        task = bar.add_task(doing, total=0, pace="")
        yield show
