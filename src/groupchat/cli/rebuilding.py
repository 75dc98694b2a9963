"""Rebuilding projections: offline by emptying them first, or next to the live ones without downtime."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from groupchat.cli.later import loading
from groupchat.cli.shell import run, settings
from groupchat.settings import Settings
from groupchat.values.errors import ExpectedError

if TYPE_CHECKING:
    from groupchat.projections.online import Switched
    from groupchat.projections.view import View

app = typer.Typer()


class UnknownProjectionError(ExpectedError):
    """There is no projection with that name; the message says which there are."""


@app.command()
def rebuild(
    names: Annotated[list[str] | None, typer.Argument(help="The projections to rebuild. Default: all.")] = None,
    *,
    online: Annotated[
        bool,
        typer.Option(
            "--online", help="Build next to the live tables, and switch when done. If interrupted, run it again to resume."
        ),
    ] = False,
    drop: Annotated[bool, typer.Option("--drop", help="With --online: drop what an interrupted rebuild has left.")] = False,
) -> None:
    """Drop projections and build them again from the events, with a progress bar. This texts nobody."""
    with loading():
        from groupchat.projections import VIEWS
    chosen = [_view(name) for name in names or VIEWS]
    if drop and not online:
        raise typer.BadParameter("--drop requires --online")  # noqa: TRY003 - typer's own
    work = (_dropped if drop else _switched) if online else _rebuilt
    run(work(settings(), chosen))


async def _rebuilt(given: Settings, chosen: "Sequence[View]") -> None:
    with loading():
        from groupchat.bootstrap import running
        from groupchat.cli.reading import progress
        from groupchat.projections.rebuild import rebuild as rebuild_offline
    async with running(given) as system:
        with progress(f"{len(chosen)} projections" if len(chosen) > 1 else chosen[0].name) as on_progress:
            await rebuild_offline(system.store, chosen, on_progress)


async def _switched(given: Settings, chosen: "Sequence[View]") -> None:
    with loading():
        from groupchat.bootstrap import running
        from groupchat.cli.reading import progress
        from groupchat.projections.online import rebuild_online
    async with running(given) as system:
        for view in chosen:
            with progress(view.name) as on_progress:
                done = await rebuild_online(system.store, view, on_progress)
            typer.echo(_line(done))


async def _dropped(given: Settings, chosen: "Sequence[View]") -> None:
    with loading():
        from groupchat.bootstrap import running
        from groupchat.projections.online import drop_shadow
    async with running(given) as system:
        for view in chosen:
            found = await drop_shadow(system.store, view)
            typer.echo(f"{view.name}: {'dropped the unfinished rebuild' if found else 'there was no unfinished rebuild'}.")


def _line(one: "Switched") -> str:
    at, new, old = one.compared.position, one.compared.new, one.compared.old
    if old is None:
        found = "the live view was further behind and was not compared"
    elif old == new:
        found = "equal to the live view"
    else:
        found = f"{one.compared.differing} rows differ from the live view (hash {old.hash})"
    return f"{one.name}: switched, now at position {one.position}. At {at} it has {new.rows} rows (hash {new.hash}), {found}."


def _view(name: str) -> "View":
    from groupchat.projections import VIEWS

    if name not in VIEWS:
        msg = f"Unknown projection {name!r}. The projections are {', '.join(VIEWS)}."
        raise UnknownProjectionError(msg)
    return VIEWS[name]
