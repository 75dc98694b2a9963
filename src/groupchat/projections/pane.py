"""The view `pane`: a conversation's participants, with tags (R9). Those who opted out are listed separately (R19)."""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Column, Connection, Table, Text

from groupchat.aggregates import group_state
from groupchat.aggregates.group_events import (
    AutoReplied,
    Created,
    InboundReceived,
    MessageSent,
    ParticipantOptedIn,
    ParticipantOptedOut,
    ParticipantOptOutTakenBack,
)
from groupchat.aggregates.group_state import GroupConversation, Member
from groupchat.projections.rows import StreamRows, events_named
from groupchat.projections.search import digit_lines, folded_lines, query_for
from groupchat.projections.view import View
from groupchat.store.tables import BIG, METADATA
from groupchat.values.event import Moment, Recorded

PANES = Table(
    "panes",
    METADATA,
    Column("conversation_id", Text, primary_key=True),
    Column("position", BIG, nullable=False),
    Column("state", Text, nullable=False),
)

Tag = Literal["updated", "deleted"]


class Person(Struct, frozen=True, kw_only=True):
    """A participant; `name` is none if unknown. `opted_in_at` is set if they block the group and have opted in again."""

    number: str
    name: str | None
    contact_id: str | None
    tags: tuple[Tag, ...] = ()
    opted_out_at: Moment | None = None
    opted_in_at: Moment | None = None


class Pane(Struct, frozen=True, kw_only=True):
    """Every participant, in exactly one of the two lists, each in the order of the roster (R19)."""

    participants: tuple[Person, ...]
    opted_out: tuple[Person, ...]


class Times(Struct, frozen=True):
    """The times when a participant opted out and in again."""

    out: Moment
    back: Moment | None = None


class PaneRow(Struct, frozen=True, kw_only=True):
    """A pane as the fold stores it: the group, and the times of its participants' last opt-outs, by number."""

    group: GroupConversation
    times: dict[str, Times] = {}

    @property
    def version(self) -> int:
        """The version of the last event that was folded."""
        return self.group.version


def fold(row: PaneRow | None, recorded: Recorded) -> PaneRow | None:
    """Fold one event of a conversation's stream that is not a message."""
    group = group_state.evolve(row.group if row else None, recorded)
    if group is None:
        return None
    return PaneRow(group=group, times=_times(row, group, recorded) if row else {})


def _times(row: PaneRow, group: GroupConversation, recorded: Recorded) -> dict[str, Times]:
    """Return the times after an event: the opt-out begins with the first cause and ends with the last."""
    event = recorded.event
    if not isinstance(event, ParticipantOptedOut | ParticipantOptedIn | ParticipantOptOutTakenBack):
        return row.times
    before, after = _is_out(row.group, event.number), _is_out(group, event.number)
    if before == after:
        return row.times
    if after:
        return row.times | {event.number: Times(recorded.at)}
    return row.times | {event.number: replace(row.times[event.number], back=recorded.at)}


def _is_out(group: GroupConversation, number: str) -> bool:
    member = group.member(number)
    return member is not None and bool(member.out)


def shown(row: PaneRow, q: str | None = None) -> Pane:
    """Return the pane, or only the participants whose name or number matches the search (R29)."""
    found = [member for member in row.group.members if _is_sought(member, q)]
    return Pane(
        participants=tuple(_person(member, None) for member in found if not member.blocks),
        opted_out=tuple(_person(member, row.times.get(member.number)) for member in found if member.blocks),
    )


def _is_sought(member: Member, q: str | None) -> bool:
    sought = query_for(q)
    return sought is None or sought.finds(folded_lines([member.name]), digit_lines([member.number]))


def _person(member: Member, times: Times | None) -> Person:
    tags: dict[Tag, bool] = {"updated": member.updated, "deleted": member.deleted}
    return Person(
        number=member.number,
        name=member.name,
        contact_id=member.contact_id,
        tags=tuple(tag for tag, stuck in tags.items() if stuck),
        opted_out_at=times.out if times else None,
        opted_in_at=times.back if times else None,
    )


_EVENTS = events_named("groupchat.conversation.") - {MessageSent, InboundReceived, AutoReplied}
TOPICS = tuple(kind.TOPIC for kind in _EVENTS)
"""The types of the events that change a pane: all but those of messages, which are most of a conversation's events."""
_ROWS = StreamRows(PANES, PaneRow, lambda _: {}, fold, events=_EVENTS, births=(Created,))
current, held = _ROWS.current, _ROWS.of

VIEW = View("pane", (PANES,), _ROWS.apply)


def one(connection: Connection, conversation_id: str, q: str | None = None) -> Pane | None:
    """Return a conversation's pane, filtered by `q` if given (R29); none if the conversation does not exist."""
    row = held(connection, conversation_id)
    return shown(row, q) if row else None
