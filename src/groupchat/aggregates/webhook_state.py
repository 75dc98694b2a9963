"""A webhook as the rules see it, and the fold of its events (R55)."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from groupchat.aggregates.webhook_events import (
    OffReason,
    WebhookAdded,
    WebhookDescribed,
    WebhookEvent,
    WebhookMoved,
    WebhookRemoved,
    WebhookSecretIssued,
    WebhookSwitchedOff,
    WebhookSwitchedOn,
    WebhookTypesChosen,
)
from groupchat.values.event import Recorded

MAX_SECRETS = 3
"""The number of a webhook's secrets that sign at the same time. If there are more, the oldest one ends early."""


class WebhookSecret(Struct, frozen=True, kw_only=True):
    """A secret by its name; without `until`, it is the newest. `made_with` names the server's key that makes it."""

    id: str
    made_with: str
    issued_at: datetime
    until: datetime | None = None


class WebhookState(Struct, frozen=True, kw_only=True):
    """An address that events are sent to. `types` are those it receives, `None` for all; it is on without `off`."""

    id: str
    url: str
    types: tuple[str, ...] | None
    description: str | None
    created_at: datetime
    secrets: tuple[WebhookSecret, ...]
    """Newest first. Those that ended may still be there."""
    off: OffReason | None = None

    def secrets_at(self, moment: datetime) -> Iterable[WebhookSecret]:
        """Return the secrets that sign at a moment, newest first."""
        return (secret for secret in self.secrets if secret.until is None or moment < secret.until)


Webhooks = Mapping[str, WebhookState]
"""The webhooks of a workspace by id."""


def evolve(webhooks: Webhooks, event: WebhookEvent, recorded: Recorded) -> Webhooks:
    """Fold one event."""
    if isinstance(event, WebhookAdded):
        return {**webhooks, event.webhook_id: _added(event, recorded.at)}
    before = webhooks.get(event.webhook_id)
    if before is None:
        return webhooks
    if isinstance(event, WebhookRemoved):
        return {id_: webhook for id_, webhook in webhooks.items() if id_ != event.webhook_id}
    return {**webhooks, before.id: _changed(before, event, recorded.at)}


def _added(event: WebhookAdded, at: datetime) -> WebhookState:
    secret = WebhookSecret(id=event.secret_id, made_with=event.made_with, issued_at=at)
    return WebhookState(
        id=event.webhook_id, url=event.url, types=event.types, description=event.description, created_at=at, secrets=(secret,)
    )


def _changed(before: WebhookState, event: WebhookEvent, at: datetime) -> WebhookState:
    match event:
        case WebhookMoved():
            return replace(before, url=event.url)
        case WebhookTypesChosen():
            return replace(before, types=event.types)
        case WebhookDescribed():
            return replace(before, description=event.description)
        case WebhookSecretIssued():
            return replace(before, secrets=_with_secret(before, event, at))
        case WebhookSwitchedOff():
            return replace(before, off=event.reason)
        case WebhookSwitchedOn():
            return replace(before, off=None)
        case _:
            return before


def _with_secret(before: WebhookState, event: WebhookSecretIssued, at: datetime) -> tuple[WebhookSecret, ...]:
    earlier = (
        replace(secret, until=min(secret.until or event.earlier_until, event.earlier_until)) for secret in before.secrets_at(at)
    )
    return (WebhookSecret(id=event.secret_id, made_with=event.made_with, issued_at=at), *earlier)[:MAX_SECRETS]
