"""The differences between two states of a conversation: participants, name, messages and statuses."""

from collections.abc import Iterator, Mapping
from datetime import UTC, tzinfo
from typing import Any

from msgspec import Struct

from groupchat.audit.as_of import AsOf
from groupchat.audit.words import quoted, value
from groupchat.projections.inbox import Shown
from groupchat.projections.pane import Pane, Person
from groupchat.projections.thread import Message

OF_CONVERSATION = ("name", "display_name", "blocked", "blocked_by", "successor_id", "metadata")
OF_PERSON = ("name", "contact_id", "tags", "opted_out_at", "opted_in_at")


class ChangedField(Struct, frozen=True, kw_only=True):
    """A changed field, before and after; `of` is the id of the conversation or message, or a participant's number."""

    of: str
    field: str
    before: Any
    after: Any

    def words(self, zone: tzinfo = UTC) -> str:
        """Return the difference as a line, with times as in the zone."""
        return f"{self.of}: {self.field.replace('_', ' ')}: {value(self.before, zone)} → {value(self.after, zone)}"


def states(before: AsOf, after: AsOf) -> list[ChangedField]:
    """Return the differences between two states of one conversation."""
    return [
        *conversations(before.conversation, after.conversation),
        *panes(before.participants, after.participants),
        *threads(before.messages, after.messages),
    ]


def conversations(before: Shown, after: Shown) -> list[ChangedField]:
    """Return the differences in the inbox, except those that follow from messages."""
    return list(_fields(after.id, OF_CONVERSATION, before, after))


def panes(before: Pane, after: Pane) -> list[ChangedField]:
    """Return the differences of each participant: tags, name, opt-outs; participants never come or go (R7)."""
    known, found = _people(before), list[ChangedField]()
    for number, (listed, person) in _people(after).items():
        listed_before, earlier = known[number]
        found += _differing(number, "listed_among", listed_before, listed)
        found += _fields(number, OF_PERSON, earlier, person)
    return found


def threads(before: tuple[Message, ...], after: tuple[Message, ...]) -> list[ChangedField]:
    """Return the messages that only one state has, and the statuses and reactions that differ."""
    earlier, later = ({message.id: message for message in messages} for messages in (before, after))
    found: list[ChangedField] = []
    for id_ in dict.fromkeys((*earlier, *later)):
        was, now = earlier.get(id_), later.get(id_)
        found += _differing(id_, "message", _described(was), _described(now))
        reached, reaches = _statuses(was), _statuses(now)
        for number in dict.fromkeys((*reached, *reaches)):
            found += _differing(id_, f"status for {number}", reached.get(number), reaches.get(number))
        felt, feels = _reactions(was), _reactions(now)
        for number in dict.fromkeys((*felt, *feels)):
            found += _differing(id_, f"reaction of {number}", felt.get(number), feels.get(number))
    return found


def _fields(of: str, names: tuple[str, ...], before: Struct, after: Struct) -> Iterator[ChangedField]:
    for name in names:
        yield from _differing(of, name, getattr(before, name), getattr(after, name))


def _differing(of: str, field: str, before: Any, after: Any) -> Iterator[ChangedField]:
    if before != after:
        yield ChangedField(of=of, field=field, before=before, after=after)


def _people(pane: Pane) -> Mapping[str, tuple[str, Person]]:
    lists = {"participants": pane.participants, "opted out": pane.opted_out}
    return {person.number: (name, person) for name, persons in lists.items() for person in persons}


def _described(message: Message | None) -> str | None:
    if message is None:
        return None
    content = quoted(message.body) if message.body else f"{len(message.media)} media"
    return f"{message.direction}, {message.author.name}: {content}"


def _reactions(message: Message | None) -> dict[str, str]:
    return {} if message is None else {reaction.number: reaction.emoji for reaction in message.reactions}


def _statuses(message: Message | None) -> dict[str, str]:
    return {} if message is None else {recipient.number: recipient.status for recipient in message.recipients}
