"""The command line: `groupchat --help` teaches it.

Results go to stdout, words and progress to stderr. Exit code 0: done; 1: it could not be done, and stderr says why; 2: wrong usage.
"""

import sys
from typing import Annotated

import typer

from groupchat import __version__
from groupchat.cli.later import MARKUP, Later
from groupchat.values.errors import ToldError

COMMANDS = (
    (
        "init",
        "serving",
        'Create a workspace and its owner; print `{"workspace_id", "user_id", "api_key"}` as JSON. The key is shown only here.',
    ),
    ("serve", "serving", "Serve the HTTP API, and (unless told otherwise) follow the log in the same process."),
    ("work", "serving", "Run workers without HTTP: projections, contact changes, delivery, the simulated carrier."),
    ("demo", "serving", "Serve with a small demo workspace, and print the address, a key and what to try."),
    (
        "migrate",
        "operating",
        "Make the schema, or bring it up to date, and end. `serve`, `work` and `init` do so too when they start.",
    ),
    ("status", "operating", "Show where every follower stands. Exit code 1 if one is stopped."),
    ("retry", "operating", "Let a stopped follower try its event again, after the cause was mended."),
    (
        "park",
        "operating",
        "Set aside the event that stopped a follower, and let it go on. The event stays in the log; a rebuild tries it again.",
    ),
    (
        "rebuild",
        "rebuilding",
        "Throw projections away and build them again from the events, with a progress bar. Nobody is texted by it.",
    ),
    (
        "refusals",
        "refusals",
        "Show what the rules kept users from, oldest first: who, when, what was tried, by which rule. Read access is enough.",
    ),
    (
        "whatif",
        "whatif",
        "Replay history under another policy; tell which groups, messages and amounts would differ. It changes nothing.",
    ),
    ("export", "moving", "Write what is stored as JSON Lines. It changes nothing, and needs no more than the right to read."),
    (
        "import",
        "moving",
        "Bring an export of everything into an empty store, whole or not at all: the way from SQLite to Postgres and back.",
    ),
    ("topics", "kafka", "Create the topics that Kafka lacks, as the settings say, and tell which others differ. None is altered."),
    (
        "relay",
        "kafka",
        "Publish events to Kafka until Ctrl-C. `serve` and `work` do so too; use this to set where it continues, and for replays.",
    ),
    ("history", "auditing", "Show what happened in a conversation, who did it, what it changed and led to."),
    ("explain", "auditing", "Say why a message was sent or withheld, an entry charged, a conversation blocked."),
)
"""Each command's name, its module, and the first paragraph of its help: what `groupchat --help` shows without loading it."""

INTERRUPTED = 130

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=MARKUP, pretty_exceptions_enable=False)


def main() -> None:
    """Run the command line; expected failures become one line on stderr and exit code 1."""
    try:
        program()
    except ToldError as error:
        from rich.markup import escape  # noqa: PLC0415 - as in `later.py`: what help and version don't need

        from groupchat.cli.shell import say  # noqa: PLC0415 - the same

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


program = typer.main.get_group(app)
for command in COMMANDS:
    program.add_command(Later(*command))
