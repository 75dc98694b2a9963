"""Shared code of all commands: output, settings, times in options, and the event loop."""

import asyncio
import os
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime, tzinfo
from typing import Any
from unicodedata import category

import structlog
import typer
from rich.console import Console
from rich.markup import escape

from groupchat import __version__, logs, tracing
from groupchat.cli.later import loading
from groupchat.settings import PREFIX, Settings, from_environment, unknown
from groupchat.values import moments
from groupchat.values.errors import ExpectedError

log = structlog.get_logger()
say = Console(stderr=True, soft_wrap=True)
"""For words and progress; results go to stdout."""


def clean(text: str) -> str:
    """Return a text from the store or another program without the characters that control a terminal; line breaks stay.

    Print it as `rich.text.Text`, or escaped, because rich reads brackets in a plain string as markup.
    """
    return "".join("\N{REPLACEMENT CHARACTER}" if category(each) == "Cc" and each != "\n" else each for each in text)


def settings(**defaults: str) -> Settings:
    """Return the settings of the environment, and configure the logs with them; raises `SettingsError`.

    `defaults` are used in place of unset variables. Variables that look like settings and are none are logged.
    """
    chosen = from_environment({f"{PREFIX}{name.upper()}": value for name, value in defaults.items()} | os.environ)
    logs.configure(chosen)
    if ignored := unknown(os.environ):
        log.warning("settings_ignored", names=ignored)
    return chosen


def started(chosen: Settings, words: str, **details: object) -> None:
    """Log that a process has started, with its version, what it does, and the settings that were chosen; print `words`."""
    with loading():
        from sqlalchemy.engine import make_url

        from groupchat.store.database import shown
    database = shown(make_url(chosen.database_url))
    log.info("started", version=__version__, **details, database=database, settings=chosen.chosen())
    if chosen.log_format == "text":
        say.print(words, highlight=False, markup=False)


def fail(error: ExpectedError) -> None:
    """Print an error that ends the process; as a line of the log if logs are JSON and nobody reads them here."""
    if os.environ.get(f"{PREFIX}LOG_FORMAT") == "json" and not sys.stderr.isatty():
        logs.configure(Settings(log_format="json"))
        log.error("failed", error=str(error))
    else:
        say.print(f"[red]groupchat:[/red] {escape(clean(str(error)))}", highlight=False)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end. Traces of what it does are sent if the environment says where to; raises `NoTracingError`."""
    try:
        send_the_rest = tracing.start(os.environ)
    except ExpectedError:
        work.close()
        raise
    import uvloop

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)
    finally:
        send_the_rest()


def read_moment(option: str, written: str | None, zone: tzinfo = UTC) -> datetime | None:
    """Return an option's moment in UTC, or none if it was omitted; a date is its first moment in the zone."""
    try:
        return None if written is None else moments.read(written, zone)
    except moments.UnreadableMomentError as error:
        msg = f"{option}: {error}, not {written!r}."
        raise typer.BadParameter(msg) from error
