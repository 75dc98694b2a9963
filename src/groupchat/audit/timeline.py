"""The timeline of a conversation: when something happened, who did it, what it changed and led to; from events alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from heapq import merge
from itertools import groupby

from msgspec import Struct

from groupchat.aggregates.delivery_events import (
    CallRefused,
    CostReported,
    PartOutcome,
    PartsUpdated,
    RecipientOutcome,
    Settled,
    Started,
    Updated,
    Withheld,
)
from groupchat.aggregates.group_state import GroupConversation
from groupchat.aggregates.refusal import RefusalRecorded
from groupchat.audit import as_of, compare, refused, words
from groupchat.audit.compare import ChangedField
from groupchat.audit.explanation import EventRef
from groupchat.audit.history import History, Step
from groupchat.projections import inbox, ledger, pane
from groupchat.values.event import Moment, Recorded
from groupchat.values.money import exact_product


class Consequence(Struct, frozen=True, kw_only=True):
    """A consequence of an event, and the events that record it: one, or several with equal reports of the carrier."""

    what: str
    events: tuple[EventRef, ...]


class TimelineEntry(Struct, frozen=True, kw_only=True):
    """An event of a conversation in words; `changed` lists the differences that it made in the views.

    With `refused`, it is the record of a refused attempt, which changed nothing; `at` is the time of the first one.
    """

    at: Moment
    event: EventRef
    refused: bool = False
    who: str
    what: str
    changed: tuple[ChangedField, ...] = ()
    led_to: tuple[Consequence, ...] = ()


def entries(history: History) -> Iterator[TimelineEntry]:
    """Return a conversation's timeline, oldest first, with the refused attempts among its events by their time."""
    return merge(_of_events(history), _of_refusals(history), key=lambda entry: entry.at)


def _of_refusals(history: History) -> list[TimelineEntry]:
    found = [
        TimelineEntry(
            at=event.first_at,
            event=EventRef.to(recorded),
            refused=True,
            who=words.actor(history, recorded, history.group),
            what=refused.what(event, history.group),
        )
        for recorded in history.refusals
        if isinstance(event := recorded.event, RefusalRecorded)
    ]
    return sorted(found, key=lambda entry: entry.at)


def _of_events(history: History) -> Iterator[TimelineEntry]:
    row: inbox.InboxRow | None = None
    people: pane.PaneRow | None = None
    for step in history.steps:
        before = row, people
        row, people = inbox.current(row, [step.recorded]), pane.current(people, [step.recorded])
        yield _entry(history, step, _changes(*before, row, people))


def _changes(
    row: inbox.InboxRow | None, people: pane.PaneRow | None, row_now: inbox.InboxRow | None, people_now: pane.PaneRow | None
) -> tuple[ChangedField, ...]:
    if row is None or people is None or row_now is None or people_now is None:
        return ()
    of_conversation = compare.conversations(inbox.shown_to_all(row), inbox.shown_to_all(row_now))
    return (*of_conversation, *compare.panes(pane.shown(people), pane.shown(people_now)))


def _entry(history: History, step: Step, changed: tuple[ChangedField, ...]) -> TimelineEntry:
    recorded = step.recorded
    who = words.actor(history, recorded, step.after)
    return TimelineEntry(
        at=recorded.at,
        event=EventRef.to(recorded),
        who=who,
        what=words.what(step, history.user_names).removeprefix(f"{who} "),
        changed=changed,
        led_to=tuple(_led_to(history, recorded, step.after)),
    )


def _led_to(history: History, recorded: Recorded, group: GroupConversation) -> Iterator[Consequence]:
    """Return what a message was billed, its delivery, and the credits."""
    if not as_of.is_message(recorded):
        return
    deliveries = history.of_message.get(as_of.id_of(recorded), ())
    for are_reports, some in groupby((recorded, *deliveries), key=lambda each: isinstance(each.event, Updated)):
        if are_reports:
            yield from _reported(group, some)
            continue
        for each in some:
            if (text := went(group, each, history.user_names)) is not None:
                yield Consequence(what=text, events=(EventRef.to(each),))
            if (line := ledger.line_of(each)) is not None:
                yield Consequence(what=billed(line), events=(EventRef.to(each),))


def _reported(group: GroupConversation, reports: Iterable[Recorded]) -> Iterator[Consequence]:
    """Return what a carrier reported in events that follow each other: equal statuses with the same code together."""
    alike: dict[tuple[str, str | None], tuple[list[str], list[EventRef]]] = {}
    for recorded in reports:
        for each in recorded.event.outcomes if isinstance(recorded.event, Updated) else ():
            numbers, events = alike.setdefault((each.status, each.code), ([], []))
            numbers.append(each.recipient)
            if (event := EventRef.to(recorded)) not in events:
                events.append(event)
    for (status, code), (numbers, events) in alike.items():
        yield Consequence(what=f"{status}: {words.everybody(group, numbers)}{words.why(code)}", events=tuple(events))


def went(group: GroupConversation, recorded: Recorded, names: Mapping[str, str]) -> str | None:
    """Return a delivery's event in words; none for any other. `names` are those of users."""
    match recorded.event:
        case Started() as event:
            to = f"the carrier {words.plain(event.carrier)} for {words.everybody(group, event.recipients)}"
            return f"handed to {to}{_which(event)}"
        case CallRefused() as event:
            return f"not taken by the carrier for now ({words.plain(event.reason)})"
        case Updated() | PartsUpdated() | CostReported() as event:
            return _carrier_said(group, event)
        case Settled() as event:
            return f"settled by {words.user(recorded.cause.actor.id, names)}: {event.status} ({words.plain(event.reason)})"
        case Withheld() as event:
            return f"withheld from {words.everybody(group, event.recipients)} (R16)"
        case _:
            return None


def _which(event: Started) -> str:
    return f", part {event.part + 1} of {event.parts}" if event.parts > 1 else ""


def _carrier_said(group: GroupConversation, event: Updated | PartsUpdated | CostReported) -> str:
    """Return a carrier's report in words: recipients with the same status and code, or with the same cost, together."""
    if isinstance(event, Updated):
        return outcomes(group, event.outcomes)
    if isinstance(event, PartsUpdated):
        parts = groupby(event.outcomes, key=lambda each: each.part)
        return "; ".join(f"part {part + 1} {outcomes(group, tuple(of_part))}" for part, of_part in parts)
    alike: dict[Decimal, list[str]] = {}
    for each in event.costs:
        alike.setdefault(each.amount, []).append(each.recipient)
    said = [f"{amount:f} {event.currency} for {words.everybody(group, tuple(numbers))}" for amount, numbers in alike.items()]
    return f"charged by the carrier: {'; '.join(said)}"


def outcomes(group: GroupConversation, reported: Sequence[RecipientOutcome | PartOutcome]) -> str:
    """Return what a carrier reported, in words: recipients with the same status and code together."""
    alike: dict[tuple[str, str | None], list[str]] = {}
    for each in reported:
        alike.setdefault((each.status, each.code), []).append(each.recipient)
    return "; ".join(f"{status}: {words.people(group, to)}{words.why(code)}" for (status, code), to in alike.items())


def billed(line: ledger.EventCharge) -> str:
    """Return what an event adds to the ledger, in words (R24, R25)."""
    count = len(line.recipients)
    verb, segments = ("credited", -line.segments) if line.segments < 0 else ("billed", line.segments)
    total = exact_product(count, Decimal(line.amount))
    which = "entry 1" if count == 1 else f"entries 1 to {count}"
    entries_ = f"{which} of {line.event.stream}/{line.event.version}" if count else "no entries"
    unit = "segment" if count * segments == 1 else "segments"
    return f"{verb} {count * segments} {unit} at {line.rate} {line.currency}: {total:f} {line.currency} ({entries_})"
