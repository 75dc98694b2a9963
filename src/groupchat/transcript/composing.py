"""A transcript in words: what it is, who takes part, what happened, and how it can be verified."""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from msgspec import Struct

from groupchat import __version__
from groupchat.audit import words
from groupchat.proof.checkpoint import in_words
from groupchat.proof.notes import Note
from groupchat.transcript import prose
from groupchat.transcript.entries import numbered
from groupchat.transcript.parts import Facts, Heading, Paragraph, Part, Title, Verbatim
from groupchat.transcript.source import Overview, TranscriptSource
from groupchat.values import moments

_TAGS = {"updated": "their contact has another number now (R9)", "deleted": "their contact was deleted (R9)"}


class Making(Struct, frozen=True, kw_only=True):
    """How a transcript is made: by whom and when, from which store, in which time zone, and the checkpoint that covers it."""

    by: str
    at: datetime
    store: str
    zone: tzinfo
    checkpoint: Note | None


def compose(source: TranscriptSource, overview: Overview, making: Making) -> Iterator[Part]:
    """Return the parts of a transcript. They are read from the log as you consume them."""
    yield Title(f"Transcript of the conversation {words.quoted(overview.conversation.display_name)}")
    yield Facts((*_about(source, overview, making.zone), *_origin(source, overview, making)))
    yield Heading("Participants")
    yield Facts(tuple(_people(overview, making.zone)))
    yield Heading("What happened")
    yield Paragraph(prose.LEGEND)
    yield from numbered(source, overview, making.zone)
    yield Heading("How to verify this transcript")
    yield from _proof(source, overview, making)


def _about(source: TranscriptSource, overview: Overview, zone: tzinfo) -> Iterator[tuple[str, str]]:
    shown = overview.conversation
    workspace = source.names.workspace_now
    name = f"{words.plain(workspace.name)} " if workspace else ""
    creator = words.actor(source.names, overview.first, overview.group)
    yield "Conversation", f"{words.plain(shown.display_name)} ({source.conversation_id})"
    yield "Business number", shown.from_
    yield "Workspace", f"{name}({source.names.workspace_id})"
    yield "Created", f"{moments.shown(overview.first.at, zone)} by {creator}"
    yield "Last event", moments.shown(overview.last.at, zone)
    yield "State at the end", f"blocked by {words.people(overview.group, shown.blocked_by)}" if shown.blocked else "open"
    counts = (overview.messages, "message"), (overview.others, "other event"), (len(source.refusals), "record")
    yield "Contents", f"{', '.join(_counted(*each) for each in counts)} of rejected attempts"


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def _origin(source: TranscriptSource, overview: Overview, making: Making) -> Iterator[tuple[str, str]]:
    end = "everything that was stored" if source.cut.at is None else f"everything up to {moments.shown(source.cut.at, making.zone)}"
    positions = f"positions {overview.first.position} to {overview.newest} of the log"
    covers = "none covers all of this yet" if making.checkpoint is None else in_words(making.checkpoint)
    yield "Time zone", f"{making.zone}, except for times that end in Z, which are in UTC"
    yield "Made", f"{moments.shown(making.at, making.zone)} by {words.plain(making.by)}, with groupchat {__version__}"
    yield "Made from", f"{words.plain(making.store)}"
    yield "Events", f"1 to {overview.last.version} of the conversation, {positions}: {end}"
    yield "Checkpoint", covers


def _people(overview: Overview, zone: tzinfo) -> Iterator[tuple[str, str]]:
    for standing, persons in (("participant", overview.people.participants), ("opted out", overview.people.opted_out)):
        for person in persons:
            name = f"{words.plain(person.name)}, {person.number}" if person.name else person.number
            since = f" since {moments.shown(person.opted_out_at, zone)}" if person.opted_out_at else ""
            tags = "".join(f"; {_TAGS[tag]}" for tag in person.tags)
            yield name, f"{standing}{since}{tags}"


def _proof(source: TranscriptSource, overview: Overview, making: Making) -> Iterator[Part]:
    yield Paragraph(prose.WHAT_PROVES_IT)
    if making.checkpoint is None:
        missing = f"No checkpoint covers position {overview.newest} yet."
        yield Paragraph(f"{missing} Sign one with `groupchat audit checkpoint`, and make the transcript again.")
    else:
        yield Paragraph("This is the first checkpoint that covers everything in this transcript, exactly as it was signed:")
        yield Verbatim(str(making.checkpoint))
    export = f"groupchat export --conversation {source.conversation_id} --out conversation.jsonl"
    yield from (Paragraph(prose.GET_A_CHECKPOINT), Paragraph(prose.EXPORT), Verbatim(export))
    yield from (Paragraph(prose.RUN), Paragraph(prose.COMPARE))
