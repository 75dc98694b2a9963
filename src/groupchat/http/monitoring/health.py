"""Whether the process is alive, and whether it is ready: it can store, no follower is stopped, and no event waits for long."""

import asyncio

from msgspec import Struct
from msgspec.structs import replace
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from groupchat.http.monitoring.metrics import Metrics
from groupchat.http.web.reply import JSON, Reply, encode_json
from groupchat.http.web.request import Incoming
from groupchat.store.event_store import EventStore
from groupchat.store.probe import Probe
from groupchat.store.standing import Standing, look

PROMETHEUS = CONTENT_TYPE_LATEST.encode()
MAX_LAG_SECONDS = 60.0
"""The default of GROUPCHAT_MAX_LAG_SECONDS. A call to a carrier may take half of it."""


class FollowerHealth(Struct, frozen=True, kw_only=True):
    """A follower's position; `stopped_at` is the position of the event that stopped it; `failing` says that it can't work now.

    `behind` is the number of events that wait for it, and `oldest_seconds` the age of the oldest of them, 0 if none waits.
    `seen_seconds` is the time since a process that runs it was last seen, null if no process ever ran it. `media_fetching`,
    `webhooks`, `proof` and `relay` are shown, but leave the process ready, because the API does not need them.
    """

    name: str
    position: int
    behind: int
    oldest_seconds: float = 0.0
    seen_seconds: float | None = None
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

    A follower for which an event waits for more than `max_lag` seconds is not ready.
    """

    store: EventStore
    metrics: Metrics
    probe: Probe
    followers: tuple[str, ...]
    reported: tuple[str, ...]
    max_lag: float = MAX_LAG_SECONDS

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
        gauges = {each.name: _gauges(each) for each in health.followers}
        return Reply(200, self.metrics.text(gauges, reachable=health.store_reachable), PROMETHEUS)

    async def look(self) -> Health:
        """Return whether the store is reachable, and no follower is stopped or behind for long."""
        names = self.followers + self.reported
        try:
            found = await asyncio.to_thread(look, self.store.log, self.store.now(), names)
        except SQLAlchemyError:
            return Health(ready=False, store_reachable=False)
        followers = tuple(self._follower(found[name]) for name in names)
        overloaded = self.store.overloaded
        ready = not overloaded and all(each.ready for each in followers if each.name not in self.reported)
        return Health(ready=ready, store_reachable=True, overloaded=overloaded, followers=followers)

    def _follower(self, standing: Standing) -> FollowerHealth:
        status = standing.status
        return FollowerHealth(
            name=status.name,
            position=status.position,
            behind=standing.behind,
            oldest_seconds=standing.seconds,
            seen_seconds=standing.seen_seconds,
            stopped_at=status.stopped_at,
            failing=status.error is not None and status.stopped_at is None,
            ready=standing.is_well(self.max_lag),
        )


def _gauges(follower: FollowerHealth) -> dict[str, float | None]:
    return {
        "position": follower.position,
        "behind_events": follower.behind,
        "oldest_seconds": follower.oldest_seconds,
        "seen_seconds": follower.seen_seconds,
        "stopped": follower.stopped_at is not None,
        "failing": follower.failing,
    }
