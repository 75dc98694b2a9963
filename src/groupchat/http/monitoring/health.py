"""Whether the process lives, and whether it is ready: the store reachable, no follower stopped or far behind."""

import asyncio

from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from groupchat.http.services import Services
from groupchat.http.web.codec import Incoming
from groupchat.http.web.reply import JSON, Reply, encode_json

PROMETHEUS = CONTENT_TYPE_LATEST.encode()
MAX_BEHIND = 5_000
"""A follower that has more events than this before it is not close behind."""


class FollowerHealth(Struct, frozen=True, kw_only=True):
    """Where a follower stands; `stopped_at` is the position of the event that stopped it; `failing`: it can't work now.

    A relay that is not ready leaves the process ready: the API does not need Kafka.
    """

    name: str
    position: int
    behind: int
    stopped_at: int | None
    failing: bool = False
    ready: bool


class Health(Struct, frozen=True, kw_only=True):
    """Whether the process is ready, and if not, why. `overloaded`: more waits to be stored than may wait."""

    ready: bool
    store_reachable: bool
    overloaded: bool = False
    followers: tuple[FollowerHealth, ...] = ()


class Ready:
    """Readiness: 200, or 503 with what is not ready."""

    async def respond(self, services: Services, incoming: Incoming) -> Reply:  # noqa: ARG002 - the same for everybody
        """Look, and tell."""
        health = await look(services)
        if health.ready:
            return Reply(200, encode_json(health), JSON)
        return Reply(503, encode_json(health), JSON, ((b"retry-after", b"1"),))


class Scrape:
    """The metrics, in Prometheus' text format; also while the database can't be reached."""

    async def respond(self, services: Services, incoming: Incoming) -> Reply:  # noqa: ARG002 - the same for everybody
        """Return them, with where the followers stand."""
        health = await look(services)
        followers = [
            (each.name, each.position, each.behind, each.stopped_at is not None, each.failing) for each in health.followers
        ]
        return Reply(200, services.metrics.text(followers, reachable=health.store_reachable), PROMETHEUS)


async def look(services: Services) -> Health:
    """Return whether the store is reachable and every follower close behind."""
    try:
        head = await asyncio.to_thread(services.store.log.head)
        found = await services.progress.look()
    except SQLAlchemyError:
        return Health(ready=False, store_reachable=False)
    followers = []
    for name in services.followers + services.relays:
        status = found.get(name)
        position = 0 if status is None else status.position
        stopped_at = None if status is None else status.stopped_at
        behind = max(head - position, 0)
        failing = status is not None and status.error is not None and stopped_at is None
        ready = stopped_at is None and behind <= MAX_BEHIND
        followers.append(
            FollowerHealth(name=name, position=position, behind=behind, stopped_at=stopped_at, failing=failing, ready=ready)
        )
    overloaded = services.store.overloaded
    ready = not overloaded and all(each.ready for each in followers if each.name not in services.relays)
    return Health(ready=ready, store_reachable=True, overloaded=overloaded, followers=tuple(followers))
