"""Rebuilding projections: with them emptied at once, or beside what is shown, without downtime."""

from collections.abc import Sequence
from typing import Annotated

import typer

from groupchat import projections as views
from groupchat.bootstrap import running
from groupchat.cli.reading import progress
from groupchat.cli.shell import run, settings
from groupchat.projections.online import Switched, drop_shadow, rebuild_online
from groupchat.projections.rebuild import rebuild as rebuild_offline
from groupchat.projections.view import View
from groupchat.settings import Settings
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
        with progress(", ".join(view.name for view in chosen)) as on_progress:
            await rebuild_offline(system.store, chosen, on_progress)


async def _switched(given: Settings, chosen: Sequence[View]) -> None:
    async with running(given) as system:
        for view in chosen:
            with progress(view.name) as on_progress:
                done = await rebuild_online(system.store, view, on_progress)
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
