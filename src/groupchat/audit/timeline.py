"""The timeline of a conversation: when something happened, who did it, what it changed and led to; from events alone."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from groupchat.aggregates.delivery import RecipientOutcome, Settled, Started, Updated, Withheld
from groupchat.aggregates.group_state import GroupConversation
from groupchat.audit import as_of, compare, words
from groupchat.audit.compare import ChangedField
from groupchat.audit.history import History, Step
from groupchat.projections import inbox, ledger, pane
from groupchat.values.event import Recorded
from groupchat.values.money import exact_product


class Consequence(Struct, frozen=True, kw_only=True):
    """A consequence of an event, and the event that records it."""

    at: datetime
    event: str
    what: str


class TimelineEntry(Struct, frozen=True, kw_only=True):
    """An event of a conversation in words; `event` is its id, `changed` lists the differences that it made in the views."""

    at: datetime
    version: int
    position: int
    event: str
    type: str
    who: str
    what: str
    changed: tuple[ChangedField, ...] = ()
    led_to: tuple[Consequence, ...] = ()


def entries(history: History) -> list[TimelineEntry]:
    """Return a conversation's timeline, oldest first.

    Refused attempts leave no event in the conversation. A source of entries for them is merged in, by time.
    """
    return list(_of_events(history))


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
        version=recorded.version,
        position=recorded.position,
        event=recorded.id,
        type=recorded.type,
        who=who,
        what=words.what(step).removeprefix(f"{who} "),
        changed=changed,
        led_to=tuple(_led_to(history, recorded, step.after)),
    )


def _led_to(history: History, recorded: Recorded, group: GroupConversation) -> Iterator[Consequence]:
    """Return what a message was billed, its delivery, and the credits."""
    if not as_of.is_message(recorded):
        return
    for each in (recorded, *history.of_message.get(as_of.id_of(recorded), ())):
        if (said := went(group, each)) is not None:
            yield Consequence(at=each.at, event=each.id, what=said)
        if (line := ledger.line_of(each)) is not None:
            yield Consequence(at=each.at, event=each.id, what=billed(line))


def went(group: GroupConversation, recorded: Recorded) -> str | None:
    """Return a delivery's event in words; none for any other."""
    match recorded.event:
        case Started() as event:
            return f"handed to the carrier {words.plain(event.carrier)} for {words.people(group, event.recipients)}"
        case Updated() as event:
            return outcomes(group, event.outcomes)
        case Settled() as event:
            return f"settled by {recorded.cause.actor.id}: {event.status} ({words.plain(event.reason)})"
        case Withheld() as event:
            return f"withheld from {words.people(group, event.recipients)} (R16)"
        case _:
            return None


def outcomes(group: GroupConversation, reported: Sequence[RecipientOutcome]) -> str:
    """Return what a carrier reported, in words: recipients with the same status and code together."""
    alike: dict[tuple[str, str | None], list[str]] = {}
    for each in reported:
        alike.setdefault((each.status, each.code), []).append(each.recipient)
    return "; ".join(f"{status}: {words.people(group, to)}{words.why(code)}" for (status, code), to in alike.items())


def everybody(group: GroupConversation, numbers: Sequence[str]) -> str:
    """Return recipients in words: all of several participants as "all 5", others by name and number."""
    if len(numbers) > 1 and set(numbers) == set(group.numbers):
        return f"all {len(numbers)} participants"
    return words.people(group, numbers)


def billed(line: ledger.EventCharge) -> str:
    """Return what an event adds to the ledger, in words (R24, R25)."""
    count = len(line.recipients)
    verb, segments = ("credited", -line.segments) if line.segments < 0 else ("billed", line.segments)
    total = exact_product(count, Decimal(line.amount))
    entries_ = f"entries {line.event.stream}/{line.event.version}/1 to {count}" if count else "no entries"
    return f"{verb} {count * segments} segments at {line.rate} {line.currency}: {total:f} {line.currency} ({entries_})"
