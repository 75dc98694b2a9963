"""Commands for auditors: the history of a conversation, what changed in it, and why. They read only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer
from msgspec.structs import replace
from typer.core import TyperGroup

from groupchat.cli.later import loading
from groupchat.cli.printing import UTC_ZONE, AsJson, Zone, print_json
from groupchat.cli.reading import reading
from groupchat.cli.shell import read_moment
from groupchat.values.clock import utc_now
from groupchat.values.errors import InvalidRequestError

if TYPE_CHECKING:
    from groupchat.audit.as_of import When
    from groupchat.audit.explanation import Explanation
    from groupchat.audit.history import History
    from groupchat.store.log import Log


class _Shows(TyperGroup):
    """Makes `groupchat history CONVERSATION` mean `groupchat history show CONVERSATION`; no conversation's id is a command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Treat the first word as a conversation, or as an option of `show`, unless it names a command."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["show", *args]
        return super().parse_args(ctx, args)


app = typer.Typer()
_history = typer.Typer(
    cls=_Shows,
    no_args_is_help=True,
    subcommand_metavar="CONVERSATION | diff CONVERSATION V1 V2",
    epilog="`history CONVERSATION` takes --version, --at, --tz and --json: see `groupchat history show --help`.",
)
_explain = typer.Typer(no_args_is_help=True)
app.add_typer(_history, name="history", help="Show what happened in a conversation, who did it, and what it changed and led to.")
app.add_typer(
    _explain, name="explain", help="Explain why a message was sent or withheld, an entry was charged, or a conversation is blocked."
)

Conversation = Annotated[str, typer.Argument(metavar="CONVERSATION", help="A conversation's id.")]
Version = Annotated[int | None, typer.Option("--version", help="The state right after this version of the conversation.")]
At = Annotated[str | None, typer.Option("--at", help="The state at this time: 2025-01-31T23:59:30Z, or a date.")]


@_history.command()
def show(
    conversation: Conversation, version: Version = None, at: At = None, zone: Zone = UTC_ZONE, *, json: AsJson = False
) -> None:
    """Show a conversation's state and its timeline: now, or as of a version or time."""
    with loading():
        from groupchat.audit import history, refused, timeline
        from groupchat.cli.audit_output import AuditOutput
        from groupchat.proof.kept import checkpoint_from
    asked = _when(version, at, zone)
    with reading() as log:
        whole = history.read(log, conversation)
        known = replace(whole, refusals=refused.read(log, whole.workspace_id, conversation))
        found = _upto(known, asked)
        with log.database.read() as connection:
            note = checkpoint_from(connection, found.position)
    entries, state = timeline.entries(found), found.state
    if json:
        covering = None if note is None else str(note)
        print_json({"conversation_id": conversation, "state": state, "timeline": list(entries), "checkpoint": covering})
        return
    shown = AuditOutput(zone, conversation)
    shown.state(state)
    shown.timeline(entries)
    shown.checkpoint(note)
    shown.finish()


@_history.command()
def diff(conversation: Conversation, v1: int, v2: int, zone: Zone = UTC_ZONE, *, json: AsJson = False) -> None:
    """Show what differs between two versions of a conversation: name, tags, opt-outs, messages, statuses."""
    with loading():
        from groupchat.audit import compare, history
        from groupchat.audit.as_of import When
        from groupchat.cli.audit_output import AuditOutput
    with reading() as log:
        found = history.read(log, conversation)
        before, after = (_upto(found, When(version=version)).state for version in (v1, v2))
    differences = compare.states(before, after)
    if json:
        print_json({"conversation_id": conversation, "before": v1, "after": v2, "differences": differences})
        return
    shown = AuditOutput(zone, conversation)
    shown.differences(differences)
    if not differences:
        shown.line(f"Versions {v1} and {v2} show the same state.")
    shown.finish()


@_explain.command()
def message(
    message_id: Annotated[str, typer.Argument(metavar="ID", help="A message's id.")], zone: Zone = UTC_ZONE, *, json: AsJson = False
) -> None:
    """Explain why a message was sent or withheld: its numbers, what its author saw, consent, rate, delivery."""
    with loading():
        from groupchat.audit import explain, history

    def explained(log: "Log") -> "Explanation":
        conversation_id = history.conversation_of_message(log, message_id)
        return explain.message(history.read_for(log, message_id, conversation_id), message_id)

    _explained(explained, zone, json=json)


@_explain.command()
def entry(
    entry_id: Annotated[str, typer.Argument(metavar="ID", help="An entry's id in the ledger: STREAM/VERSION/N.")],
    zone: Zone = UTC_ZONE,
    *,
    json: AsJson = False,
) -> None:
    """Explain why a ledger entry was charged or credited, and where its rate comes from."""
    with loading():
        from groupchat.audit import explain_entry, history
    with _as_usage():
        stream, version, _ = explain_entry.read_entry_id(entry_id)

    def explained(log: "Log") -> "Explanation":
        conversation_id, message_id = history.subject_of(log, stream, version)
        return explain_entry.entry(history.read_for(log, message_id, conversation_id), entry_id)

    _explained(explained, zone, json=json)


@_explain.command()
def block(
    conversation: Conversation,
    number: Annotated[
        str | None, typer.Argument(metavar="NUMBER", help="Only this participant's number, in any common format.")
    ] = None,
    version: Version = None,
    at: At = None,
    zone: Zone = UTC_ZONE,
    *,
    json: AsJson = False,
) -> None:
    """Explain why nothing can be sent in a conversation (or could, at that time): who opted out, how, and what was sent since."""
    with loading():
        from groupchat.audit import explain_block, history
        from groupchat.commands.written_numbers import read_number
    asked = _when(version, at, zone)
    with _as_usage():
        e164 = None if number is None else read_number("number", number)
    _explained(lambda log: explain_block.block(_upto(history.read(log, conversation), asked), e164), zone, json=json)


# --- reading


def _when(version: int | None, at: str | None, zone: ZoneInfo) -> "When":
    from groupchat.audit.as_of import When

    if version is not None and at is not None:
        msg = "Give --version or --at, not both."
        raise typer.BadParameter(msg)
    return When(version=version, at=read_moment("--at", at, zone))


@contextmanager
def _as_usage() -> Iterator[None]:
    """Report malformed arguments as wrong usage."""
    try:
        yield
    except InvalidRequestError as error:
        raise typer.BadParameter(error.detail) from error


def _upto(found: "History", asked: "When") -> "History":
    from groupchat.audit.as_of import Cut, cut_at

    cut = cut_at(found.events, asked, utc_now())
    return found if cut == Cut() else found.upto(cut)


def _explained(explained: "Callable[[Log], Explanation]", zone: ZoneInfo, *, json: bool) -> None:
    from groupchat.cli.audit_output import AuditOutput

    with reading() as log:
        found = explained(log)
    if json:
        print_json(found)
        return
    shown = AuditOutput(zone, found.conversation_id)
    shown.explanation(found)
    shown.finish()
