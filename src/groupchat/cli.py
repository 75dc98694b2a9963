"""The command line: `groupchat --help` teaches it.

Results go to stdout, words and progress to stderr. Exit code 0: done; 1: it could not be done, and stderr says why; 2: wrong usage.
"""

import asyncio
import os
import sys
from collections.abc import Coroutine
from typing import Annotated, Any

import msgspec
import typer
import uvloop
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from groupchat import __version__, logs, server
from groupchat import demo as demo_
from groupchat import projections as views
from groupchat.bootstrap import existing_database, running, working
from groupchat.commands import workspaces
from groupchat.projections.rebuild import RebuildStoppedError
from groupchat.projections.rebuild import rebuild as rebuild_
from groupchat.settings import Settings, SettingsError, from_environment
from groupchat.store import follower
from groupchat.store.database import Database, DatabaseUnavailableError
from groupchat.workers import UnknownWorkerError

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False)
say = Console(stderr=True, soft_wrap=True)

Host = Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all networks.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 picks a free one.")]
FollowerName = Annotated[str, typer.Argument(help="A follower, as `groupchat status` lists them.")]


INTERRUPTED = 130
EXPECTED = (
    DatabaseUnavailableError,
    RebuildStoppedError,
    SettingsError,
    UnknownWorkerError,
    demo_.OtherWorkspaceError,
    server.AddressError,
)


def main() -> None:
    """Run the command line; expected failures become one line on stderr and exit code 1."""
    try:
        app()
    except EXPECTED as error:
        say.print(f"[red]groupchat:[/red] {error}", highlight=False)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer's signature
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """**groupchat**: group SMS/MMS conversations between a business and several people, event-sourced.

    Start with `groupchat demo`, or, for a workspace of your own, `groupchat init` and then `groupchat serve`.
    Settings come from the environment: `GROUPCHAT_DATABASE_URL` and others (docs/operations.md).
    """


@app.command()
def init(
    workspace: Annotated[str, typer.Option(help="The workspace's name.")],
    owner: Annotated[str, typer.Option(help="The owner's e-mail address.")],
) -> None:
    """Create a workspace and its owner; print `{"workspace_id", "user_id", "api_key"}` as JSON. The key is shown only here."""
    if not workspace.strip() or "@" not in owner:
        say.print("[red]groupchat:[/red] give a name with --workspace and an e-mail address with --owner.")
        raise typer.Exit(2)

    async def run(settings: Settings) -> workspaces.Founded:
        async with running(settings) as system:
            return (await workspaces.create_workspace(system.store, workspace.strip(), owner)).value

    typer.echo(msgspec.json.encode(_await(run(_settings()))).decode())


@app.command()
def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    *,
    no_workers: Annotated[bool, typer.Option("--no-workers", help="Serve HTTP only; `groupchat work` runs elsewhere.")] = False,
) -> None:
    """Serve the HTTP API, and (unless told otherwise) follow the log in the same process."""
    _await(server.serve(_settings(), host, port, workers=None if no_workers else (), announce=_announce))


@app.command()
def work(
    names: Annotated[list[str] | None, typer.Argument(help="Which workers; all of them if none is named.")] = None,
) -> None:
    """Run workers without HTTP: projections, contact changes, delivery, the simulated carrier.

    Workers: the projections (inbox, thread, pane, ledger, contacts), contact_changes, delivery, simulator, housekeeping. Of several
    processes that run the same projection or process one works, and another takes over when it ends.
    """

    async def run(settings: Settings) -> None:
        async with running(settings) as system, working(system, names or ()) as stop:
            say.print(f"Working: {', '.join(names or system.workers)}. Stop with Ctrl-C.")
            server.on_signal(stop.set)
            await stop.wait()

    _await(run(_settings()))


@app.command()
def rebuild(
    names: Annotated[list[str] | None, typer.Argument(help="Which projections; all of them if none is named.")] = None,
) -> None:
    """Throw projections away and build them again from the events, with a progress bar. Nobody is texted by it."""
    chosen = [views.VIEWS[name] for name in names or views.VIEWS if _is_view(name)]

    async def run(settings: Settings) -> None:
        async with running(settings) as system:
            with Progress(*Progress.get_default_columns(), "{task.completed:,.0f} of {task.total:,.0f} events", console=say) as bar:
                task = bar.add_task(", ".join(view.name for view in chosen), total=0)
                await rebuild_(system.store, chosen, lambda done, total: bar.update(task, completed=done, total=total))

    _await(run(_settings()))


@app.command()
def demo(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Serve with a small demo workspace, and print the address, a key and what to try."""
    _await(server.serve(_settings(), host, port, workers=(), announce=_announce, with_demo=True))


@app.command()
def status() -> None:
    """Show where every follower stands. Exit code 1 if one is stopped."""
    database = existing_database(_settings())
    found = follower.statuses(database)
    if not found:
        say.print("No worker has run on this database yet; `groupchat serve` and `groupchat work` run them.")
    table = Table("follower", "position", "stopped at", "why")
    for one in found.values():
        table.add_row(one.name, str(one.position), "" if one.stopped_at is None else str(one.stopped_at), one.error or "")
    Console().print(table)
    if any(one.stopped_at is not None for one in found.values()):
        say.print("`groupchat retry NAME` tries again; `groupchat park NAME` sets that event aside and goes on.")
        raise typer.Exit(1)


@app.command()
def retry(name: FollowerName) -> None:
    """Let a stopped follower try its event again, after the cause was mended."""
    database = existing_database(_settings())
    _require_stopped(database, name)
    _show(follower.retry(database, name))


@app.command()
def park(name: FollowerName) -> None:
    """Set aside the event that stopped a follower, and let it go on. The event stays in the log; a rebuild tries it again."""
    database = existing_database(_settings())
    _require_stopped(database, name)
    _show(follower.park(database, name))


def _require_stopped(database: Database, name: str) -> None:
    found = follower.statuses(database)
    if name not in found:
        msg = f"There is no follower {name!r}; there are {', '.join(found) or 'none yet'}."
        raise UnknownWorkerError(msg)
    if found[name].stopped_at is None:
        msg = f"{name} is not stopped, so nothing was done; it stands at {found[name].position}."
        raise UnknownWorkerError(msg)


def _is_view(name: str) -> bool:
    if name not in views.VIEWS:
        msg = f"There is no projection {name!r}; there are {', '.join(views.VIEWS)}."
        raise UnknownWorkerError(msg)
    return True


def _show(now: follower.FollowerStatus) -> None:
    typer.echo(f"{now.name} stands at {now.position} and goes on." if now.stopped_at is None else f"{now.name} is stopped.")


def _announce(address: str, lines: list[str]) -> None:
    say.print(f"groupchat listens on {address}  (API: {address}/docs)", highlight=False)
    for line in lines:
        say.print(line, highlight=False, markup=False)


def _settings() -> Settings:
    settings = from_environment(os.environ)
    logs.configure(settings)
    return settings


def _await(work_: Coroutine[Any, Any, Any]) -> Any:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work_)
