"""The parts for the HTTP layer, as the settings describe them."""

import os
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from groupchat import workers
from groupchat.adapters import Adapter
from groupchat.addresses import Addresses
from groupchat.carriers.port import Posted, Webhook
from groupchat.commands.carrier_inbox import Arrivals, CarrierInbox
from groupchat.http.guards.refusal_log import RefusalLog
from groupchat.http.guards.sign_in import CALLBACK, Client, SignIn
from groupchat.http.guards.throttle import Throttle
from groupchat.http.guards.tokens import Provider, Tokens
from groupchat.http.monitoring.metrics import Metrics
from groupchat.http.routes.media import FOR_CARRIERS
from groupchat.http.services import Services
from groupchat.http.streams.streams import Streams
from groupchat.http.streams.watch import StreamLimits
from groupchat.media.library import Library
from groupchat.media.opening import open_store
from groupchat.settings import Settings
from groupchat.store.event_store import EventStore
from groupchat.store.last_uses import LastUses
from groupchat.store.progress import Progress
from groupchat.webhooks.secret_keys import SecretKeys


def services_of(
    settings: Settings,
    store: EventStore,
    chosen: Sequence[Adapter],
    *,
    progress: Progress,
    secret_keys: SecretKeys | None,
    addresses: Addresses,
) -> Services:
    """Return the parts for the HTTP layer; raises `MediaStoreError`."""
    metrics, streams, tokens = Metrics(), Streams(store, _pace(settings)), _tokens(settings)
    metrics.watch(appends_waiting=lambda: store.waiting, streams_open=lambda: streams.open)
    return Services(
        store=store,
        progress=progress,
        simulator=chosen[0].simulator,
        carrier_webhooks=_carrier_webhooks(store, chosen),
        followers=workers.REQUIRED,
        reported=workers.reported(relays=settings.kafka_bootstrap_servers is not None),
        max_lag=settings.max_lag_seconds,
        streams=streams,
        throttle=_throttle(settings),
        tokens=tokens,
        sign_in=None if tokens is None else _sign_in(settings, tokens),
        metrics=metrics,
        last_uses=LastUses(store.database),
        refusals=RefusalLog(store, metrics.unrecorded),
        public_url=settings.public_url,
        media=_library(settings),
        secret_keys=secret_keys,
        addresses=addresses,
    )


def _carrier_webhooks(store: EventStore, chosen: Sequence[Adapter]) -> dict[str, Callable[[Posted, str], Awaitable[int]]]:
    named = {each.carrier.name: each.webhook for each in chosen if each.webhook is not None}
    arrivals = Arrivals(store)
    return {name: partial(_take, arrivals, name, webhook) for name, webhook in named.items()}


async def _take(arrivals: Arrivals, name: str, webhook: Webhook, posted: Posted, correlation_id: str) -> int:
    return await webhook(posted, CarrierInbox(arrivals, name, correlation_id))


def _library(settings: Settings) -> Library:
    """Return the files of messages; raises `MediaStoreError`."""
    kept_in = open_store(settings.media_url, settings.database_url, os.environ)
    return Library(kept_in, settings.public(FOR_CARRIERS))


def _pace(settings: Settings) -> StreamLimits:
    heartbeat, lifetime = settings.stream_heartbeat_seconds, settings.stream_seconds
    per_user, per_workspace = settings.streams_per_user, settings.streams_per_workspace
    return StreamLimits(per_user=per_user, per_workspace=per_workspace, heartbeat=heartbeat, lifetime=lifetime)


def _throttle(settings: Settings) -> Throttle:
    of_workspaces = settings.workspace_rate_limit
    return Throttle(settings.rate_limit, settings.login_failures, workspace_requests_a_second=of_workspaces)


def _tokens(settings: Settings) -> Tokens | None:
    if settings.oidc_issuer is None or settings.oidc_audience is None or settings.oidc_jwks_url is None:
        return None
    provider = Provider(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        jwks_url=settings.oidc_jwks_url,
        algorithms=tuple(settings.oidc_algorithms.split(",")),
        workspace_claim=settings.oidc_workspace_claim,
    )
    return Tokens(provider)


def _sign_in(settings: Settings, tokens: Tokens) -> SignIn | None:
    if settings.oidc_client_id is None or settings.oidc_authorization_url is None or settings.oidc_token_url is None:
        return None
    client = Client(
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        authorization_url=settings.oidc_authorization_url,
        token_url=settings.oidc_token_url,
        scopes=settings.oidc_scopes,
        redirect_uri=settings.public(CALLBACK),
    )
    return SignIn(client, tokens)
