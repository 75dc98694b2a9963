"""Phone book: which contacts of a workspace have a number.

R2 links a bare number to the oldest contact that has it. There is one stream per workspace and number, written in the same append
as the contact's own event, so a decision that reads it never lags.
"""

from datetime import datetime
from typing import assert_never

from msgspec import Struct

from groupchat.values.event import Event, Moment, Recorded, stored_as
from groupchat.values.lasting import LastingMap

# --- events


@stored_as("groupchat.contact.number_listed")
class NumberListed(Event, frozen=True, kw_only=True):
    """A contact now has this number. `contact_since` is when the contact was created: the oldest comes first (R2)."""

    number: str
    contact_id: str
    contact_since: Moment


@stored_as("groupchat.contact.number_unlisted")
class NumberUnlisted(Event, frozen=True, kw_only=True):
    """A contact no longer has this number."""

    number: str
    contact_id: str


# --- state


class PhoneBookEntry(Struct, frozen=True):
    """The contacts that have the number, and the creation time of each."""

    contacts: LastingMap[datetime] = LastingMap()

    @property
    def oldest(self) -> str | None:
        """The contact that a bare number is linked to."""
        return min(((since, id_) for id_, since in self.contacts.items()), default=(None, None))[1]


def stream(workspace_id: str, number: str) -> str:
    """Return the stream of one number in one workspace."""
    return f"phone-{workspace_id}-{number}"


def evolve(state: PhoneBookEntry | None, recorded: Recorded) -> PhoneBookEntry | None:
    """Fold one event."""
    event = recorded.event
    state = state or PhoneBookEntry()
    match event:
        case NumberListed():
            return PhoneBookEntry(state.contacts.with_(event.contact_id, event.contact_since))
        case NumberUnlisted():
            return PhoneBookEntry(state.contacts.without(event.contact_id))
        case _:
            return state


# --- commands and decide


class ListNumber(Struct, frozen=True, kw_only=True):
    """Record that a contact has the number."""

    number: str
    contact_id: str
    contact_since: datetime


class UnlistNumber(Struct, frozen=True, kw_only=True):
    """Record that a contact no longer has the number."""

    number: str
    contact_id: str


Command = ListNumber | UnlistNumber


def decide(command: Command, state: PhoneBookEntry | None) -> list[Event]:
    """Return the events of a command; none if it says nothing new."""
    listed = state is not None and command.contact_id in state.contacts
    match command:
        case ListNumber():
            since = command.contact_since
            return [] if listed else [NumberListed(number=command.number, contact_id=command.contact_id, contact_since=since)]
        case UnlistNumber():
            return [NumberUnlisted(number=command.number, contact_id=command.contact_id)] if listed else []
        case _:
            assert_never(command)
