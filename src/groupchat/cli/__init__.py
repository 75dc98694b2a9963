"""The command line: `groupchat --help` teaches it.

Results go to stdout, words and progress to stderr. Exit code 0: done; 1: it could not be done, and stderr says why; 2: wrong usage.
"""

import sys
from typing import Annotated

import typer
from rich.markup import escape

from groupchat import __version__
from groupchat.cli import auditing, kafka, moving, operating, rebuilding, refusals, serving, whatif
from groupchat.cli.shell import say
from groupchat.values.errors import ToldError

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False)
for part in (serving, operating, rebuilding, auditing, refusals, whatif, moving, kafka):
    app.registered_commands.extend(part.app.registered_commands)
    app.registered_groups.extend(part.app.registered_groups)

INTERRUPTED = 130


def main() -> None:
    """Run the command line; expected failures become one line on stderr and exit code 1."""
    try:
        app()
    except ToldError as error:
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
