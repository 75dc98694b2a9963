"""The command line; `groupchat --help` describes it.

Results go to stdout, words and progress to stderr. Exit codes: 0 is success, 1 is a failure that stderr explains, 2 is wrong usage.
"""

import sys
from typing import Annotated

import typer

from groupchat import __version__
from groupchat.cli.later import MARKUP, LazyCommand
from groupchat.values.errors import ExpectedError

COMMANDS = (
    (
        "init",
        "serving",
        'Create a workspace and its owner; print `{"workspace_id", "user_id", "api_key"}` as JSON. The key is shown only here.',
    ),
    ("key", "serving", "Issue another key to a user; print it as `init` does. For example, when an owner has lost theirs."),
    ("serve", "serving", "Serve the HTTP API, and run all workers in the same process unless `--no-workers` is set."),
    ("work", "serving", "Run workers without HTTP: projections, contact changes, delivery, webhooks, the simulated carrier."),
    ("demo", "serving", "Serve a small demo workspace, and print the address, an API key, and what to try."),
    (
        "migrate",
        "operating",
        "Create or update the database schema, and exit. `serve`, `work` and `init` also do this at start.",
    ),
    ("status", "status", "Show how far every follower is, how long events wait for it, and which process runs it."),
    ("retry", "operating", "Let a stopped follower try its event again after you have fixed the cause."),
    (
        "park",
        "operating",
        "Set aside the event that stopped a follower, and let it continue. The event stays in the log, and a rebuild retries it.",
    ),
    (
        "rebuild",
        "rebuilding",
        "Drop projections and build them again from the events, with a progress bar. This texts nobody.",
    ),
    (
        "refusals",
        "refusals",
        "Show users' rejected requests, oldest first: who, when, what they tried, and by which rule. Read access is sufficient.",
    ),
    (
        "whatif",
        "whatif",
        "Replay history under another policy, and report which groups, messages and amounts would differ. It changes nothing.",
    ),
    ("export", "moving", "Write stored events as JSON Lines. It changes nothing, and read access is sufficient."),
    (
        "import",
        "moving",
        "Load an export of everything into an empty store, completely or not at all, for example to move from SQLite to Postgres.",
    ),
    ("carrier", "carriers", "Check what is set up at a carrier. It texts nobody."),
    ("settle", "carriers", "Record whether an unconfirmed message arrived, and how you know."),
    ("topics", "kafka", "Create missing Kafka topics, and report topics that differ from the settings. It alters none."),
    (
        "relay",
        "kafka",
        "Publish events to Kafka until Ctrl-C, as `serve` and `work` do. Use this to set the relay's position, and for replays.",
    ),
    (
        "workspaces",
        "finding",
        "List the workspaces with their owners and numbers, oldest first. Read access is sufficient.",
    ),
    ("users", "finding", "List a workspace's users with their roles, including deactivated ones. Read access is sufficient."),
    ("find", "finding", "Find contacts and conversations by a number or a name, present or former. Read access is sufficient."),
    ("history", "auditing", "Show what happened in a conversation, who did it, and what it changed and led to."),
    (
        "transcript",
        "transcript",
        "Make a transcript of a conversation to hand over: names, times, statuses, opt-outs, and the checkpoint that proves them.",
    ),
    ("audit", "proving", "Prove that nobody has changed what is stored: keys, checkpoints, verifying, proofs."),
    ("explain", "auditing", "Explain why a message was sent or withheld, an entry was charged, or a conversation is blocked."),
)
"""Each command's name, its module, and the first paragraph of its help: what `groupchat --help` shows without loading it."""

INTERRUPTED = 130

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=MARKUP, pretty_exceptions_enable=False)


def main() -> None:
    """Run the command line; expected failures become one line on stderr and exit code 1."""
    try:
        program()
    except ExpectedError as error:
        from groupchat.cli.shell import fail

        fail(error)
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
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """**groupchat**: group SMS/MMS conversations between a business and several people, event-sourced.

    Start with `groupchat demo`. For your own workspace, run `groupchat init` and then `groupchat serve`.
    Settings are environment variables: `GROUPCHAT_DATABASE_URL` and others (docs/settings.md).
    """


program = typer.main.get_group(app)
for command in COMMANDS:
    program.add_command(LazyCommand(*command))
