"""What commands share that read the log: how it is opened, and a bar with the rate and the time left."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text
from sqlalchemy.exc import DBAPIError

from groupchat.bootstrap import existing_database
from groupchat.cli.shell import say, settings
from groupchat.store.database import Database, unavailable
from groupchat.store.log import Log
from groupchat.values.progress import OnProgress


@contextmanager
def existing() -> Iterator[Database]:
    """Open the database that groupchat has used before, and close it at the end; raises `DatabaseUnavailableError`."""
    with closing_database(existing_database(settings())) as database:
        yield database


@contextmanager
def reading() -> Iterator[Log]:
    """Open the log that is there; nothing is written, and read access is enough."""
    with existing() as database:
        yield Log.of(database)


@contextmanager
def closing_database(database: Database) -> Iterator[Database]:
    """Close a database at the end; what its driver says meanwhile becomes a `DatabaseUnavailableError`."""
    try:
        yield database
    except DBAPIError as error:
        raise unavailable(error, database.url) from error
    finally:
        database.close()


@contextmanager
def progress(doing: str) -> Iterator[OnProgress]:
    """Show on stderr how far something is, how fast, and for how long it will go on."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f} of {task.total:,.0f} events"))
    with Progress(*columns, _Rate(), TimeRemainingColumn(), console=say) as bar:
        task = bar.add_task(doing, total=0)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.finished_speed or task.speed or 0:,.0f}/s")
