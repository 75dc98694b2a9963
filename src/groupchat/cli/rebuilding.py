"""Rebuilding projections: with them emptied at once, or beside what is shown, without downtime."""

from collections.abc import Sequence
from datetime import timedelta
from time import monotonic
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from groupchat import projections as views
from groupchat.bootstrap import running
from groupchat.cli.shell import run, say, settings
from groupchat.projections.online import Switched, drop_shadow, rebuild_online
from groupchat.projections.rebuild import rebuild as rebuild_offline
from groupchat.projections.view import View
from groupchat.settings import Settings
from groupchat.values.progress import OnProgress
from groupchat.workers import UnknownWorkerError

app = typer.Typer()


@app.command()
def rebuild(
    names: Annotated[list[str] | None, typer.Argument(help="Which projections; all of them if none is named.")] = None,
    *,
    online: Annotated[
        bool,
        typer.Option(
            "--online", help="Build beside what is shown, and switch when it is done. Interrupted, it goes on when run again."
        ),
    ] = False,
    drop: Annotated[bool, typer.Option("--drop", help="With --online: drop what an interrupted one has left.")] = False,
) -> None:
    """Throw projections away and build them again from the events, with a progress bar. Nobody is texted by it."""
    chosen = [_view(name) for name in names or views.VIEWS]
    if drop and not online:
        raise typer.BadParameter("--drop goes with --online")  # noqa: TRY003 - typer's own
    work = (_dropped if drop else _switched) if online else _rebuilt
    run(work(settings(), chosen))


async def _rebuilt(given: Settings, chosen: Sequence[View]) -> None:
    async with running(given) as system:
        with _bars() as bars:
            await rebuild_offline(system.store, chosen, _shown_in(bars, ", ".join(view.name for view in chosen)))


async def _switched(given: Settings, chosen: Sequence[View]) -> None:
    async with running(given) as system:
        for view in chosen:
            with _bars() as bars:
                done = await rebuild_online(system.store, view, _shown_in(bars, view.name))
            typer.echo(_told(done))


async def _dropped(given: Settings, chosen: Sequence[View]) -> None:
    async with running(given) as system:
        for view in chosen:
            found = await drop_shadow(system.store, view)
            typer.echo(f"{view.name}: {'what was left is dropped' if found else 'nothing was left'}.")


def _told(one: Switched) -> str:
    at, new, old = one.compared.position, one.compared.new, one.compared.old
    if old is None:
        found = "what was shown stood further back and was not compared"
    elif old == new:
        found = "equal to what was shown"
    else:
        found = f"{one.compared.differing} rows differ from what was shown (hash {old.hash})"
    return f"{one.name}: switched, stands at {one.position}. At {at} it has {new.rows} rows (hash {new.hash}), {found}."


def _view(name: str) -> View:
    if name not in views.VIEWS:
        msg = f"There is no projection {name!r}; there are {', '.join(views.VIEWS)}."
        raise UnknownWorkerError(msg)
    return views.VIEWS[name]


def _bars() -> Progress:
    how_far = "{task.completed:,.0f} of {task.total:,.0f} events{task.fields[pace]}"
    return Progress(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn(how_far), console=say)


def _shown_in(bars: Progress, name: str) -> OnProgress:
    """Return what shows progress as a bar of its own, with the rate since it began and the time left at that rate."""
    task = bars.add_task(name, total=0, pace="")
    began: tuple[float, int] | None = None

    def show(done: int, total: int) -> None:
        nonlocal began
        since, first = began = began or (monotonic(), done)
        rate = (done - first) / max(monotonic() - since, 1e-3)
        left = f", {timedelta(seconds=round((total - done) / rate))} left" if rate else ""
        bars.update(task, completed=done, total=total, pace=f", {rate:,.0f}/s{left}")

    return show
