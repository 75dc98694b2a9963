"""Overdue reviews: a text that nobody has settled in time is an opt-out (R40).

A review is put off until it is due, with the process's position, so none is forgotten. Handling one twice or late changes nothing.
"""

from datetime import timedelta

from groupchat.aggregates.review import ReviewOpened
from groupchat.commands import reviews
from groupchat.processes.process import PutOffError
from groupchat.store.event_store import EventStore
from groupchat.store.terms import NO_TERMS, Terms
from groupchat.values.event import Recorded

_LONGEST_SECONDS = timedelta(days=1).total_seconds()
"""A review is looked at this often, so that a clock that was wrong for a while can't delay it."""


class OverdueReviews:
    """The reaction."""

    name = "overdue_reviews"

    def __init__(self, store: EventStore) -> None:
        self._store = store

    def key(self, recorded: Recorded) -> str | None:
        """Return the stream of a review that was opened."""
        return recorded.stream if isinstance(recorded.event, ReviewOpened) else None

    async def react(self, recorded: Recorded, terms: Terms = NO_TERMS) -> None:
        """Settle a review that is overdue as an opt-out. Raises `PutOffError` before it is due."""
        event = recorded.event
        if not isinstance(event, ReviewOpened):
            return
        left = (event.due_at - self._store.now()).total_seconds()
        if left > 0:
            msg = "the review is not due"
            raise PutOffError(msg, min(left, _LONGEST_SECONDS))
        await self._store.run_under(terms, recorded.causes(self.name), reviews.settle_overdue, event.message_id)
