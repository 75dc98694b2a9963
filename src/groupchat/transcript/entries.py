"""The entries of a transcript: each message, each change, each opt-out and each refused attempt, in the order of time."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from heapq import merge

from msgspec import Struct
from msgspec.structs import replace

from groupchat.aggregates.delivery_events import Settled
from groupchat.aggregates.group_events import AutoReplied, InboundReceived, MessageSent
from groupchat.aggregates.group_state import GroupConversation
from groupchat.aggregates.refusal import RefusalRecorded
from groupchat.audit import as_of, refused, words
from groupchat.audit.as_of import written
from groupchat.audit.history import Step
from groupchat.projections import thread
from groupchat.transcript.parts import TranscriptEntry
from groupchat.transcript.source import Overview, TranscriptSource, message_referred_to
from groupchat.values import moments
from groupchat.values.event import Recorded


class _Timed(Struct, frozen=True, kw_only=True):
    """An entry with its time, the id of its message if it is one, and the id of the message that it refers to."""

    at: datetime
    entry: TranscriptEntry
    message: str | None = None
    refers_to: str | None = None


def numbered(source: TranscriptSource, overview: Overview, zone: tzinfo) -> Iterator[TranscriptEntry]:
    """Return the entries with their numbers. An opt-out by keyword, and a reaction, name the entry of their message."""
    numbers: dict[str, int] = {}
    found = merge(_of_events(source, zone), _of_refusals(source, overview.group, zone), key=lambda each: each.at)
    for number, each in enumerate(found, start=1):
        if each.message in overview.referred:
            numbers[each.message] = number
        what, about = each.entry.what, each.refers_to
        if about in numbers:
            what = what.replace(about, f"{about} (entry {numbers[about]})")
        yield replace(each.entry, number=number, what=what)


def _of_events(source: TranscriptSource, zone: tzinfo) -> Iterator[_Timed]:
    for step, deliveries in source.steps():
        recorded, event = step.recorded, step.recorded.event
        who = words.actor(source.names, recorded, step.after)
        entry = TranscriptEntry(
            number=0,
            at=moments.shown(recorded.at, zone),
            who=_subject(step, who, source.names.user_names),
            what=_what(step, who, source.names.user_names),
            quote=event.body if isinstance(event, MessageSent | InboundReceived | AutoReplied) else None,
            notes=(*_media(event), *_statuses(step, deliveries, source.names.user_names, zone), *_blocked(step)),
            evidence=_evidence(recorded, deliveries),
        )
        message = as_of.id_of(recorded) if as_of.is_message(recorded) else None
        yield _Timed(at=recorded.at, entry=entry, message=message, refers_to=message_referred_to(event))


def _of_refusals(source: TranscriptSource, group: GroupConversation, zone: tzinfo) -> list[_Timed]:
    found: list[_Timed] = []
    for recorded in source.refusals:
        if isinstance(event := recorded.event, RefusalRecorded):
            entry = TranscriptEntry(
                number=0,
                at=moments.shown(event.first_at, zone),
                who=_name(words.actor(source.names, recorded, group), recorded),
                what=f"{refused.what(event, group)}.",
                evidence=f"Event {recorded.id}, position {recorded.position}, {written(recorded.at)}; by {_actor(recorded)}.",
            )
            found.append(_Timed(at=event.first_at, entry=entry))
    return sorted(found, key=lambda each: each.at)


def _what(step: Step, who: str, names: Mapping[str, str]) -> str:
    match step.recorded.event:
        case MessageSent() as event:
            return f"sent to {words.everybody(step.after, event.recipients)}:"
        case InboundReceived():
            return "wrote:"
        case AutoReplied() as event:
            return f"{words.replied(event, step.after)} (R41):"
        case _:
            return f"{words.what(step, names).removeprefix(f'{who} ')}."


def _subject(step: Step, who: str, names: Mapping[str, str]) -> str:
    """Return whose deed it is, with a colon before words that have a subject of their own."""
    name, about_another = _name(who, step.recorded), isinstance(step.recorded.event, words.SAYS_OF_WHOM)
    return f"{name}:" if about_another and not words.what(step, names).startswith(f"{who} ") else name


def _media(event: object) -> Iterator[str]:
    for media in event.media if isinstance(event, MessageSent | InboundReceived) else ():
        yield f"Attached: {words.plain(media.url)} ({words.plain(media.content_type)})"


def _statuses(step: Step, deliveries: Sequence[Recorded], names: Mapping[str, str], zone: tzinfo) -> Iterator[str]:
    """Return the last status of each recipient, since when, and the user who settled it, with equal ones together."""
    if not as_of.is_message(step.recorded):
        return
    row: thread.Message | None = None
    since: dict[str, tuple[str, datetime]] = {}
    for recorded in (step.recorded, *deliveries):
        row = thread.fold(row, recorded)
        for each in row.recipients if row else ():
            status = f"{each.status}{words.why(each.code)}{_parts(each)}"
            if each.number not in since or since[each.number][0] != status:
                since[each.number] = status, recorded.at
        if isinstance(event := recorded.event, Settled):
            yield f"Settled by {words.user(recorded.cause.actor.id, names)}: {event.status} ({words.plain(event.reason)})"
    alike: dict[tuple[str, str], list[str]] = {}
    for number, (status, at) in since.items():
        alike.setdefault((status, moments.shown(at, zone)), []).append(number)
    for (status, shown), numbers in alike.items():
        yield f"{status.capitalize()}, {shown}: {words.everybody(step.after, numbers)}"


def _parts(recipient: thread.Recipient) -> str:
    """Return what became of the parts of a message of which only some arrived."""
    if recipient.status not in ("partial", "unconfirmed") or not recipient.parts:
        return ""
    names = ("text" if each.file is None else f"file {each.file + 1}" for each in recipient.parts)
    return f" ({', '.join(f'{name}: {each.status}' for name, each in zip(names, recipient.parts, strict=True))})"


def _blocked(step: Step) -> Iterator[str]:
    was = step.before is not None and step.before.blocked
    if step.after.blocked and not was:
        yield "From here on, nothing can be sent to this group (R15)."
    if was and not step.after.blocked:
        yield "From here on, messages can be sent to this group again (R17)."


def _evidence(recorded: Recorded, deliveries: Sequence[Recorded]) -> str:
    where = f"Event {recorded.version} of the conversation, position {recorded.position}"
    own = f"{where}, {written(recorded.at)}; by {_actor(recorded)}"
    if not deliveries:
        return f"{own}."
    positions = ", ".join(str(each.position) for each in deliveries)
    return f"{own}; delivery of {as_of.id_of(recorded)}, positions {positions}."


def _name(who: str, recorded: Recorded) -> str:
    """Return the name of a user without the id, which the evidence has."""
    return who.removesuffix(f" ({recorded.cause.actor.id})") if recorded.cause.actor.kind == "user" else who


def _actor(recorded: Recorded) -> str:
    actor = recorded.cause.actor
    return f"{actor.kind} {words.plain(actor.id)}"
