"""Finding contacts and conversations by a number or a name, present or former, as the search does (R27); from events alone."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import reduce

from msgspec import Struct

from groupchat.aggregates import contact as contacts
from groupchat.aggregates import group_state
from groupchat.aggregates.contact import Contact, ContactCreated, ContactDeleted, NumbersChanged, Renamed
from groupchat.aggregates.group_events import (
    Created,
    GroupRenamed,
    ParticipantContactLinked,
    ParticipantContactMerged,
    ParticipantContactRenamed,
)
from groupchat.aggregates.group_state import GroupConversation
from groupchat.commands.streams import CONVERSATION
from groupchat.projections import inbox
from groupchat.projections.search import Query, digit_lines, folded_lines
from groupchat.store.log import Log
from groupchat.values.event import Event, Moment, Recorded

TOPICS = tuple(
    kind.TOPIC
    for kind in (
        ContactCreated,
        Renamed,
        NumbersChanged,
        Created,
        GroupRenamed,
        ParticipantContactLinked,
        ParticipantContactMerged,
        ParticipantContactRenamed,
    )
)
"""The events that bring a number or a name."""


class ContactFound(Struct, frozen=True, kw_only=True, tag_field="kind", tag="contact"):
    """A contact, with the names and numbers that it had before."""

    id: str
    workspace_id: str
    name: str
    former_names: tuple[str, ...]
    numbers: tuple[str, ...]
    former_numbers: tuple[str, ...]
    created_at: Moment
    deleted_at: Moment | None


class ConversationFound(Struct, frozen=True, kw_only=True, tag_field="kind", tag="conversation"):
    """A conversation, with its participants' numbers and names."""

    id: str
    workspace_id: str
    name: str
    business_number: str
    participants: tuple[str, ...]
    created_at: Moment
    last_event_at: Moment
    blocked: bool


class Period(Struct, frozen=True):
    """From a moment on, and before another one; `None` doesn't limit."""

    start: datetime | None = None
    end: datetime | None = None

    def has(self, moment: datetime) -> bool:
        """Return whether a moment is in it."""
        return (self.start is None or self.start <= moment) and (self.end is None or moment < self.end)


def find(log: Log, sought: Query, period: Period, workspace_id: str | None = None) -> Iterator[ContactFound | ConversationFound]:
    """Return what has, or once had, the number or name, in the order of creation. It blocks.

    A contact is found if it existed in the period, a conversation if something happened in it then.
    """
    streams: dict[str, None] = {}
    for recorded in log.each(TOPICS):
        if workspace_id in (None, recorded.cause.workspace_id) and recorded.stream not in streams:
            names, numbers = _mentioned_in(recorded.event)
            if sought.finds(folded_lines(names), digit_lines(numbers)):
                streams[recorded.stream] = None
    for stream in streams:
        events = log.stream(stream)
        if stream.startswith(CONVERSATION.prefix):
            if any(period.has(each.at) for each in events):
                yield _conversation(events)
        else:
            found = _contact(events)
            ended = period.start is not None and found.deleted_at is not None and found.deleted_at < period.start
            if not ended and (period.end is None or found.created_at < period.end):
                yield found


def _mentioned_in(event: Event) -> tuple[tuple[str | None, ...], tuple[str, ...]]:
    """Return the names and the numbers that an event brings."""
    match event:
        case ContactCreated():
            return (event.name,), (event.number, *event.secondary_numbers)
        case NumbersChanged():
            return (), (event.number, *event.secondary_numbers)
        case Created():
            numbers = tuple(each.number for each in event.roster)
            return (event.name, *(each.name for each in event.roster)), (*numbers, event.business_number)
        case Renamed() | GroupRenamed() | ParticipantContactLinked() | ParticipantContactMerged() | ParticipantContactRenamed():
            return (event.name,), ()
        case _:
            return (), ()


def _contact(events: Sequence[Recorded]) -> ContactFound:
    nothing: Contact | None = None
    contact = contacts.existing(reduce(contacts.evolve, (each for each in events if not _deletes(each)), nothing))
    mentioned = [_mentioned_in(each.event) for each in events]
    names, numbers = (
        tuple(dict.fromkeys(each for some in parts for each in some if each)) for parts in zip(*mentioned, strict=True)
    )
    return ContactFound(
        id=contact.id,
        workspace_id=contact.workspace_id,
        name=contact.name,
        former_names=tuple(name for name in names if name != contact.name),
        numbers=contact.numbers,
        former_numbers=tuple(number for number in numbers if number not in contact.numbers),
        created_at=events[0].at,
        deleted_at=next((each.at for each in events if _deletes(each)), None),
    )


def _deletes(recorded: Recorded) -> bool:
    return isinstance(recorded.event, ContactDeleted)


def _conversation(events: Sequence[Recorded]) -> ConversationFound:
    nothing: GroupConversation | None = None
    row, group = inbox.current(None, events), reduce(group_state.evolve, events, nothing)
    if row is None or group is None:
        msg = f"{events[0].stream} does not begin with its creation"
        raise ValueError(msg)
    shown = inbox.shown_to_all(row)
    return ConversationFound(
        id=shown.id,
        workspace_id=events[0].cause.workspace_id,
        name=shown.display_name,
        business_number=shown.from_,
        participants=tuple(f"{each.name} ({each.number})" if each.name else each.number for each in group.members),
        created_at=events[0].at,
        last_event_at=events[-1].at,
        blocked=shown.blocked,
    )
