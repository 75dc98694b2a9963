"""Contact changes reach the contact's conversations: name, numbers, and deletion (R9, R11).

Each reaction updates the conversations to the contact's present state, so handling an event twice, or late, changes nothing. (DND
takes another way: it blocks conversations in the same append, R16.)
"""

from groupchat.aggregates.contact import ContactDeleted, ContactMerged, NumbersChanged, Renamed
from groupchat.commands import contacts
from groupchat.store.event_store import EventStore
from groupchat.store.terms import NO_TERMS, Terms
from groupchat.values.event import Recorded

_REACHING = (Renamed, NumbersChanged, ContactMerged, ContactDeleted)


class ContactChanges:
    """The reaction."""

    name = "contact_changes"

    def __init__(self, store: EventStore) -> None:
        self._store = store

    def key(self, recorded: Recorded) -> str | None:
        """Return the contact whose name, numbers or existence changed, or that another one was merged into."""
        return recorded.stream if isinstance(recorded.event, _REACHING) else None

    async def react(self, recorded: Recorded, terms: Terms = NO_TERMS) -> None:
        """Record the contact's state in every conversation that it belongs to."""
        await self._store.run_under(terms, recorded.causes(self.name), contacts.note_change, recorded.stream)
