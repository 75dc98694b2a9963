"""Commands for auditors: the history of a conversation, what changed in it, and why. They read only."""

import json as json_
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup

from groupchat.audit import as_of, compare, explain, explain_block, explain_entry, history, timeline, words
from groupchat.audit.as_of import AsOf, Cut, When, written
from groupchat.audit.explanation import Explanation
from groupchat.audit.history import History
from groupchat.cli.reading import reading
from groupchat.cli.shell import clean, read_moment
from groupchat.commands.numbers import read_number
from groupchat.proof.kept import checkpoint_from
from groupchat.proof.notes import Note
from groupchat.store.log import Log
from groupchat.values.errors import InvalidRequestError


class _Shows(TyperGroup):
    """Makes `groupchat history CONVERSATION` mean `groupchat history show CONVERSATION`; no conversation's id is a command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Treat the first word as a conversation, or as an option of `show`, unless it names a command."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["show", *args]
        return super().parse_args(ctx, args)


app = typer.Typer()
_history = typer.Typer(cls=_Shows, no_args_is_help=True, subcommand_metavar="CONVERSATION | diff CONVERSATION V1 V2")
_explain = typer.Typer(no_args_is_help=True)
app.add_typer(_history, name="history", help="Show what happened in a conversation, who did it, and what it changed and led to.")
app.add_typer(
    _explain, name="explain", help="Explain why a message was sent or withheld, an entry was charged, or a conversation is blocked."
)

Conversation = Annotated[str, typer.Argument(metavar="CONVERSATION", help="A conversation's id.")]
Version = Annotated[int | None, typer.Option("--version", help="The state right after this version of the conversation.")]
At = Annotated[str | None, typer.Option("--at", help="The state at this time: 2025-01-31T23:59:30Z, or a date, in UTC.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@_history.command()
def show(conversation: Conversation, version: Version = None, at: At = None, *, json: AsJson = False) -> None:
    """Show a conversation's timeline and its state: now, or as of a version or time."""
    with reading() as log:
        found = _upto(history.read(log, conversation), _when(version, at))
        entries, state = timeline.entries(found), found.state
        with log.database.read() as connection:
            note = checkpoint_from(connection, found.position)
    if json:
        covering = None if note is None else str(note)
        _print_json({"conversation_id": conversation, "timeline": entries, "state": state, "checkpoint": covering})
    else:
        _print_timeline(entries)
        _print_state(state)
        _print_checkpoint(note)


@_history.command()
def diff(conversation: Conversation, v1: int, v2: int, *, json: AsJson = False) -> None:
    """Show what differs between two versions of a conversation: name, tags, opt-outs, messages, statuses."""
    with reading() as log:
        found = history.read(log, conversation)
        before, after = (_upto(found, When(version=version)).state for version in (v1, v2))
    differences = compare.states(before, after)
    if json:
        _print_json({"conversation_id": conversation, "before": v1, "after": v2, "differences": differences})
        return
    for each in differences:
        _out().print(Text(clean(each.words)))
    if not differences:
        _out().print(Text(f"Versions {v1} and {v2} show the same state."))


@_explain.command()
def message(message_id: Annotated[str, typer.Argument(metavar="ID", help="A message's id.")], *, json: AsJson = False) -> None:
    """Explain why a message was sent or withheld: its numbers, what its author saw, consent, rate, delivery."""

    def explained(log: Log) -> Explanation:
        conversation_id = history.conversation_of_message(log, message_id)
        return explain.message(history.read_for(log, message_id, conversation_id), message_id)

    _explained(explained, json=json)


@_explain.command()
def entry(
    entry_id: Annotated[str, typer.Argument(metavar="ID", help="An entry's id in the ledger: STREAM/VERSION/N.")],
    *,
    json: AsJson = False,
) -> None:
    """Explain why a ledger entry was charged or credited, and where its rate comes from."""
    with _as_usage():
        stream, version, _ = explain_entry.read_entry_id(entry_id)

    def explained(log: Log) -> Explanation:
        conversation_id, message_id = history.subject_of(log, stream, version)
        return explain_entry.entry(history.read_for(log, message_id, conversation_id), entry_id)

    _explained(explained, json=json)


@_explain.command()
def block(
    conversation: Conversation,
    number: Annotated[
        str | None, typer.Argument(metavar="NUMBER", help="Only this participant's number, in any common format.")
    ] = None,
    version: Version = None,
    at: At = None,
    *,
    json: AsJson = False,
) -> None:
    """Explain why nothing can be sent in a conversation (or could, at that time): who opted out, how, and what was sent since."""
    asked = _when(version, at)
    with _as_usage():
        e164 = None if number is None else read_number("number", number)
    _explained(lambda log: explain_block.block(_upto(history.read(log, conversation), asked), e164), json=json)


# --- reading


def _when(version: int | None, at: str | None) -> When:
    if version is not None and at is not None:
        msg = "Give --version or --at, not both."
        raise typer.BadParameter(msg)
    return When(version=version, at=read_moment("--at", at))


@contextmanager
def _as_usage() -> Iterator[None]:
    """Report malformed arguments as wrong usage."""
    try:
        yield
    except InvalidRequestError as error:
        raise typer.BadParameter(error.detail) from error


def _upto(found: History, asked: When) -> History:
    cut = as_of.cut_at(found.events, asked, datetime.now(UTC))
    return found if cut == Cut() else found.upto(cut)


# --- printing


def _out() -> Console:
    return Console(soft_wrap=True, highlight=False)


def _print_json(value: object) -> None:
    typer.echo(json_.dumps(json_.loads(msgspec.json.encode(value)), indent=2))


def _explained(explained: Callable[[Log], Explanation], *, json: bool) -> None:
    with reading() as log:
        found = explained(log)
    if json:
        _print_json(found)
        return
    out = _out()
    out.print(Text(clean(found.summary), style="bold"))
    for line in found.grounds:
        shown_by = f"  [{line.event.id}, {written(line.event.at)}]" if line.event else ""
        out.print(Text.assemble("- ", (clean(line.says), "red" if line.wrong else ""), (shown_by, "dim")))
    out.print(Text(f"Decided by {found.decided_by.id}.", style="bold"))
    if found.contradicts:
        out.print(Text("The log contains something that the rules forbid. See above.", style="bold red"))


def _print_timeline(entries: Sequence[timeline.TimelineEntry]) -> None:
    out = _out()
    for entry_ in entries:
        when = (f"{written(entry_.at)}  v{entry_.version}  ", "dim")
        out.print(Text.assemble(when, (clean(entry_.who), "bold"), ": ", clean(entry_.what)))
        for changed in entry_.changed:
            out.print(Text.assemble(("    changed  ", "yellow"), clean(changed.words)))
        for each in entry_.led_to:
            out.print(Text.assemble(("    led to   ", "cyan"), clean(each.what), (f"  [{each.event}, {written(each.at)}]", "dim")))


def _print_state(state: AsOf) -> None:
    out, shown = _out(), state.conversation
    blocked = f"blocked by {', '.join(shown.blocked_by)}" if shown.blocked else "open"
    out.print(Text(f"As of version {state.version} (position {state.position}, {written(state.at)}): {blocked}", style="bold"))
    for name, persons in (("participant", state.participants.participants), ("opted out", state.participants.opted_out)):
        for person in persons:
            tags = f" [{', '.join(person.tags)}]" if person.tags else ""
            since = f" since {written(person.opted_out_at)}" if person.opted_out_at else ""
            out.print(Text(f"    {name}  {words.plain(person.name or '')} {person.number}{tags}{since}"))


def _print_checkpoint(note: Note | None) -> None:
    """Name the first checkpoint that covers everything that is shown."""
    if note is None:
        _out().print(Text("No checkpoint covers all of this yet (docs/proof.md)."))
        return
    origin, size, root = note.text.split("\n")[:3]
    covers = f"The first checkpoint that covers all of this is that of {origin} of {size} events with root {root}."
    _out().print(Text(clean(f"{covers} `groupchat audit verify` compares the events with it.")))
