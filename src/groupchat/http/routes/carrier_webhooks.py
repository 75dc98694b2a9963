"""The paths to which carriers post (R45). They take no API key: a carrier's adapter itself checks who posts."""

from collections.abc import Awaitable, Callable
from functools import partial
from time import monotonic

import structlog

from groupchat.carriers.port import NotTheCarrierError, Posted
from groupchat.carriers.simulator.adapter import Simulator
from groupchat.http.documents.problems import ANSWERS
from groupchat.http.services import Services
from groupchat.http.web.codec import read_body
from groupchat.http.web.operation import Operation, Response
from groupchat.http.web.reply import Reply
from groupchat.http.web.request import Incoming
from groupchat.http.web.resource import Resource, Responder
from groupchat.http.web.within import post

PROBLEMS = (
    "bad-message",
    "not-the-carrier",
    "not-found",
    "request-timeout",
    "payload-too-large",
    "unsupported-encoding",
    "invalid-request",
    "version-conflict",
    "internal-error",
    "unavailable",
)

log = structlog.get_logger()


def responders(services: Services) -> dict[str, Responder]:
    """Return the function that responds to a POST of each path: a carrier's own, and all paths below it."""
    return {
        path_of(carrier) + below: partial(_take, carrier, take, services)
        for carrier, take in services.carrier_webhooks.items()
        for below in ("", "/{rest:path}")
    }


def posting(services: Services, carrier: str) -> Callable[[Posted], Awaitable[int]]:
    """Return the function that posts to this carrier's path from within the process, and returns the status."""
    path = path_of(carrier)
    resource = Resource(path, {"POST": responders(services)[path]}, ANSWERS, services.metrics.answered)

    async def posted(each: Posted) -> int:
        return await post(resource, path, each.headers, each.body)

    return posted


def operations(services: Services) -> tuple[Operation, ...]:
    """Return their descriptions: a path for each carrier that posts, except the simulated one, whose posts only we can sign."""
    return tuple(_operation(carrier) for carrier in services.carrier_webhooks if carrier != Simulator.name)


def path_of(carrier: str) -> str:
    """Return the path to which a carrier posts."""
    return f"/v1/carriers/{carrier}/webhooks"


def _operation(carrier: str) -> Operation:
    return Operation(
        method="POST",
        path=path_of(carrier),
        name=f"take_from_{carrier}",
        summary=f"Webhook of {carrier}",
        description="For the carrier only: people's messages, and receipts, in the carrier's own format and with its own proof of "
        "origin. It may post to any path below this one, too. The response means that everything is stored.",
        tag="carriers",
        responses=(Response(status=204, description="Everything is stored."),),
        problems=PROBLEMS,
        public=True,
    )


async def _take(carrier: str, take: Callable[[Posted, str], Awaitable[int]], services: Services, incoming: Incoming) -> Reply:
    body = await read_body(incoming, services.body_seconds)
    query = incoming.scope["query_string"]
    posted = Posted(
        path=incoming.path + (f"?{query.decode('latin-1')}" if query else ""),
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in incoming.headers.items()},
        body=body,
    )
    began, outcome = monotonic(), "failed"
    try:
        services.metrics.not_known(carrier, await take(posted, incoming.correlation_id))
        outcome = "stored"
    except NotTheCarrierError as error:
        outcome = "forged"
        log.warning("webhook_refused", carrier=carrier, reason=error.detail)
        raise
    finally:
        services.metrics.posted(carrier, outcome, monotonic() - began)
    return Reply(204)
