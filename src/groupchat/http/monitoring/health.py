"""Whether the process is alive, and whether it is ready: the store accepts writes, and no follower is stopped or far behind."""

import asyncio

from msgspec import Struct
from msgspec.structs import replace
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from groupchat.http.monitoring.metrics import Metrics
from groupchat.http.web.reply import JSON, Reply, encode_json
from groupchat.http.web.request import Incoming
from groupchat.store.event_store import EventStore
from groupchat.store.positions import FollowerStatus
from groupchat.store.probe import Probe
from groupchat.store.progress import Progress

PROMETHEUS = CONTENT_TYPE_LATEST.encode()
MAX_BEHIND = 5_000
"""A follower with more events before it than this is far behind."""


class FollowerHealth(Struct, frozen=True, kw_only=True):
    """A follower's position; `stopped_at` is the position of the event that stopped it; `failing` says that it can't work now.

    A relay that is not ready leaves the process ready, and so does the proof's tree: the API needs neither.
    """

    name: str
    position: int
    behind: int
    stopped_at: int | None
    failing: bool = False
    ready: bool


class Health(Struct, frozen=True, kw_only=True):
    """Whether the process is ready, and if not, why.

    `writable`: a transaction that writes succeeds. `overloaded`: too many appends are waiting to be stored. `reason` says what an
    operator can change if the database is reachable but unusable: a standby, a pooler, a user without privileges, another schema.
    """

    ready: bool
    store_reachable: bool
    writable: bool = True
    overloaded: bool = False
    reason: str | None = None
    followers: tuple[FollowerHealth, ...] = ()


class Checkup(Struct, frozen=True):
    """Monitors a process: `followers` are the names that count for readiness; those in `reported` are only reported.

    A follower with more than `max_behind` events before it is not ready.
    """

    store: EventStore
    progress: Progress
    metrics: Metrics
    probe: Probe
    followers: tuple[str, ...]
    reported: tuple[str, ...]
    max_behind: int = MAX_BEHIND

    async def ready(self, _: Incoming) -> Reply:
        """Respond with 200, or with 503 and what is not ready."""
        health = await self.look()
        if not await self.probe.can_store():
            health = replace(health, ready=False, writable=False, reason=self.probe.reason)
        if health.ready:
            return Reply(200, encode_json(health), JSON)
        return Reply(503, encode_json(health), JSON, ((b"retry-after", b"1"),))

    async def scrape(self, _: Incoming) -> Reply:
        """Respond with the metrics and the followers' positions, even while the database can't be reached."""
        health = await self.look()
        followers = [
            (each.name, each.position, each.behind, each.stopped_at is not None, each.failing) for each in health.followers
        ]
        return Reply(200, self.metrics.text(followers, reachable=health.store_reachable), PROMETHEUS)

    async def look(self) -> Health:
        """Return whether the store is reachable and no follower is far behind."""
        try:
            head = await asyncio.to_thread(self.store.log.head)
            found = await self.progress.look()
        except SQLAlchemyError:
            return Health(ready=False, store_reachable=False)
        followers = tuple(self._follower(name, found.get(name), head) for name in self.followers + self.reported)
        overloaded = self.store.overloaded
        ready = not overloaded and all(each.ready for each in followers if each.name not in self.reported)
        return Health(ready=ready, store_reachable=True, overloaded=overloaded, followers=followers)

    def _follower(self, name: str, status: FollowerStatus | None, head: int) -> FollowerHealth:
        position = 0 if status is None else status.position
        stopped_at = None if status is None else status.stopped_at
        behind = max(head - position, 0)
        return FollowerHealth(
            name=name,
            position=position,
            behind=behind,
            stopped_at=stopped_at,
            failing=status is not None and status.error is not None and stopped_at is None,
            ready=stopped_at is None and behind <= self.max_behind,
        )
