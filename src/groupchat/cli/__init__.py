"""The command line: `groupchat --help` teaches it.

Results go to stdout, words and progress to stderr. Exit code 0: done; 1: it could not be done, and stderr says why; 2: wrong usage.
"""

import sys
from typing import Annotated

import typer

from groupchat import __version__, server
from groupchat import demo as demo_
from groupchat.bootstrap import NoBrokersError
from groupchat.broker.opening import BrokerUnavailableError
from groupchat.cli import kafka, operating, serving
from groupchat.cli.shell import say
from groupchat.processes.relay.starting import NoSuchPositionError
from groupchat.projections.rebuild import RebuildStoppedError
from groupchat.settings import SettingsError
from groupchat.store.database import DatabaseUnavailableError
from groupchat.workers import UnknownWorkerError

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False)
for part in (serving, operating, kafka):
    app.registered_commands.extend(part.app.registered_commands)

INTERRUPTED = 130
EXPECTED = (
    BrokerUnavailableError,
    DatabaseUnavailableError,
    NoBrokersError,
    NoSuchPositionError,
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
