"""The command line: `groupchat --help` teaches it.

Results go to stdout, words and progress to stderr. Exit code 0: done; 1: it could not be done, and stderr says why; 2: wrong usage.
"""

import sys
from typing import Annotated

import typer
from rich.markup import escape

from groupchat import __version__, server
from groupchat import demo as demo_
from groupchat.audit.lines import DamagedFileError
from groupchat.audit.policy_file import PolicyFileError
from groupchat.bootstrap import NoBrokersError
from groupchat.cli import auditing, files, moving, operating, rebuilding, refusals, serving, whatif
from groupchat.cli.shell import say
from groupchat.projections.online import OnlineRebuildError
from groupchat.projections.rebuild import RebuildStoppedError
from groupchat.projections.shadow import ShadowStoppedError
from groupchat.settings import SettingsError
from groupchat.store.archive import UnknownStreamError
from groupchat.store.database import DatabaseUnavailableError
from groupchat.store.filling import BusyStoreError, StoreNotEmptyError
from groupchat.store.mapper import UnreadableEventError
from groupchat.values.errors import RefusalError
from groupchat.workers import UnknownWorkerError

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False)
for part in (serving, operating, rebuilding, auditing, refusals, whatif, moving):
    app.registered_commands.extend(part.app.registered_commands)
    app.registered_groups.extend(part.app.registered_groups)

INTERRUPTED = 130
EXPECTED = (
    BusyStoreError,
    DamagedFileError,
    DatabaseUnavailableError,
    NoBrokersError,
    OnlineRebuildError,
    PolicyFileError,
    RebuildStoppedError,
    RefusalError,
    SettingsError,
    ShadowStoppedError,
    StoreNotEmptyError,
    UnknownStreamError,
    UnknownWorkerError,
    UnreadableEventError,
    demo_.OtherWorkspaceError,
    files.FileError,
    server.AddressError,
)


def main() -> None:
    """Run the command line; expected failures become one line on stderr and exit code 1."""
    try:
        app()
    except EXPECTED as error:
        say.print(f"[red]groupchat:[/red] {escape(str(error))}", highlight=False)
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
