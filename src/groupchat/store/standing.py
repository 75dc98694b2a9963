"""How far each follower is, how long events wait for it, and which process runs it: what operators look at."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from groupchat.store.holders import SEEN_EVERY_SECONDS, Holder, holders
from groupchat.store.log import Log
from groupchat.store.positions import FollowerStatus, statuses

GONE_SECONDS = 3 * SEEN_EVERY_SECONDS
"""A process that was not seen for so long is gone."""


class Standing(Struct, frozen=True, kw_only=True):
    """A follower, seen from outside.

    `behind` is the number of events that wait for it, and `seconds` the age of the oldest of them. `held_by` has the processes
    that hold its lease, or that held it last, the one that was seen last first.
    """

    status: FollowerStatus
    behind: int
    seconds: float
    held_by: Sequence[Holder]
    now: datetime

    @property
    def seen_seconds(self) -> float | None:
        """The time since a process that runs the follower was last seen; none if no process ever ran it."""
        return _seconds(self.held_by[0].seen_at, self.now) if self.held_by else None

    @property
    def runs_in(self) -> Sequence[str]:
        """The processes that run the follower now."""
        return [each.process for each in self.held_by if _seconds(each.seen_at, self.now) <= GONE_SECONDS]

    def is_well(self, max_lag: float) -> bool:
        """Return whether nothing has stopped the follower, and no event has waited for longer than `max_lag` seconds."""
        return self.status.stopped_at is None and self.seconds <= max_lag


def look(log: Log, now: datetime, names: Iterable[str] = ()) -> Mapping[str, Standing]:
    """Return how all followers stand that ever ran, and those with these names. It blocks."""
    head = log.head()  # before the positions, so that a follower is never ahead of it
    found = statuses(log.database)
    with log.database.read() as connection:
        held = holders(connection)
    known = {name: found.get(name) or FollowerStatus(name, 0) for name in dict.fromkeys([*found, *names])}
    waiting = {each.position: log.next_at(each.position) for each in known.values() if each.position < head}
    return {
        name: Standing(
            status=status,
            behind=max(head - status.position, 0),
            seconds=_seconds(waiting.get(status.position), now),
            held_by=held.get(name, ()),
            now=now,
        )
        for name, status in known.items()
    }


def _seconds(since: datetime | None, now: datetime) -> float:
    """Return the seconds since a moment, 0 if there is none or if another machine's clock is ahead."""
    return 0.0 if since is None else max((now - since).total_seconds(), 0.0)
