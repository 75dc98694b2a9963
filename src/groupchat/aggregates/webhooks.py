"""Webhooks: where other systems receive a workspace's events (R55). They are part of its stream and state (`workspace_state.py`).

- A workspace has at most `MAX_WEBHOOKS`.
- A new secret signs at once, and the earlier ones for another `OVERLAP`, so that a receiver can change without missing an event.
- A webhook that is off receives nothing, and continues where it was when it is switched on.
- A replay moves a webhook to a position of the log, earlier or later.

The events are in `webhook_events.py`, the state in `webhook_state.py`. `processes/webhooks/` sends.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal, assert_never

from msgspec import UNSET, Struct, UnsetType

from groupchat.aggregates.webhook_events import (
    WebhookAdded,
    WebhookDescribed,
    WebhookMoved,
    WebhookRemoved,
    WebhookReplayed,
    WebhookSecretIssued,
    WebhookSwitchedOff,
    WebhookSwitchedOn,
    WebhookTested,
    WebhookTypesChosen,
)
from groupchat.aggregates.webhook_state import WebhookState
from groupchat.aggregates.workspace import existing
from groupchat.aggregates.workspace_state import Workspace
from groupchat.values.errors import NotFoundError, RefusalError
from groupchat.values.event import Event

MAX_WEBHOOKS = 100
OVERLAP = timedelta(hours=24)

# --- errors


class TooManyWebhooksError(RefusalError):
    """The workspace has the maximum number of webhooks."""

    slug = "too-many-webhooks"

    def __init__(self) -> None:
        super().__init__(f"This workspace has {MAX_WEBHOOKS} webhooks. Remove one of them first (R55).")


class WebhookOffError(RefusalError):
    """The webhook is switched off, so nothing is sent to it."""

    slug = "webhook-off"

    def __init__(self) -> None:
        super().__init__("This webhook is switched off. Switch it on first (R55).")


# --- commands and decide


class SecretName(Struct, frozen=True):
    """The name of a new secret, and that of the server's key that makes it."""

    id: str
    made_with: str


class AddWebhook(Struct, frozen=True, kw_only=True):
    """Send events of these types, or all, to an address."""

    webhook_id: str
    url: str
    types: tuple[str, ...] | None
    description: str | None
    secret: SecretName


class WebhookFields(Struct, frozen=True, kw_only=True):
    """The fields of a webhook that can be changed; omitted ones stay."""

    url: str | UnsetType = UNSET
    types: tuple[str, ...] | UnsetType | None = UNSET
    description: str | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET


class ChangeWebhook(Struct, frozen=True, kw_only=True):
    """Change a webhook."""

    webhook_id: str
    change: WebhookFields


class IssueSecret(Struct, frozen=True, kw_only=True):
    """Give a webhook another secret at a moment."""

    webhook_id: str
    secret: SecretName
    at: datetime


class GiveUpOn(Struct, frozen=True, kw_only=True):
    """Switch a webhook off because of what its receiver did, unless it has another address than the one that was called."""

    webhook_id: str
    url: str
    reason: Literal["failing", "gone"]


class Replay(Struct, frozen=True, kw_only=True):
    """Continue a webhook after a position of the log."""

    webhook_id: str
    after: int


class SendTest(Struct, frozen=True):
    """Send a webhook an event to try it."""

    webhook_id: str


class RemoveWebhook(Struct, frozen=True):
    """Send nothing to an address any more."""

    webhook_id: str


Command = AddWebhook | ChangeWebhook | IssueSecret | GiveUpOn | Replay | SendTest | RemoveWebhook


def decide(command: Command, state: Workspace | None) -> list[Event]:
    """Return the events of a command, on the workspace's stream; none if it changes nothing."""
    state = existing(state)
    if isinstance(command, AddWebhook):
        return _add(command, state)
    if isinstance(command, GiveUpOn):
        return _give_up_on(command, state)
    webhook = require_webhook(state, command.webhook_id)
    match command:
        case ChangeWebhook():
            return list(_changes(webhook, command.change))
        case IssueSecret(secret=secret):
            until = command.at + OVERLAP
            return [
                WebhookSecretIssued(webhook_id=webhook.id, secret_id=secret.id, made_with=secret.made_with, earlier_until=until)
            ]
        case Replay():
            return [WebhookReplayed(webhook_id=webhook.id, after=command.after)]
        case SendTest():
            if webhook.off is not None:
                raise WebhookOffError
            return [WebhookTested(webhook_id=webhook.id)]
        case RemoveWebhook():
            return [WebhookRemoved(webhook_id=webhook.id)]
        case _:
            assert_never(command)


def require_webhook(state: Workspace, webhook_id: str) -> WebhookState:
    """Return a webhook of the workspace, or raise `NotFoundError`."""
    webhook = state.webhooks.get(webhook_id)
    if webhook is None:
        msg = "There is no such webhook."
        raise NotFoundError(msg, "webhook")
    return webhook


def _add(command: AddWebhook, state: Workspace) -> list[Event]:
    if len(state.webhooks) >= MAX_WEBHOOKS:
        raise TooManyWebhooksError
    return [
        WebhookAdded(
            webhook_id=command.webhook_id,
            url=command.url,
            types=command.types,
            description=command.description,
            secret_id=command.secret.id,
            made_with=command.secret.made_with,
        )
    ]


def _changes(webhook: WebhookState, change: WebhookFields) -> Iterable[Event]:
    if change.url is not UNSET and change.url != webhook.url:
        yield WebhookMoved(webhook_id=webhook.id, url=change.url)
    if change.types is not UNSET and change.types != webhook.types:
        yield WebhookTypesChosen(webhook_id=webhook.id, types=change.types)
    if change.description is not UNSET and change.description != webhook.description:
        yield WebhookDescribed(webhook_id=webhook.id, description=change.description)
    if change.active is True and webhook.off is not None:
        yield WebhookSwitchedOn(webhook_id=webhook.id)
    if change.active is False and webhook.off is None:
        yield WebhookSwitchedOff(webhook_id=webhook.id, reason="user")


def _give_up_on(command: GiveUpOn, state: Workspace) -> list[Event]:
    webhook = state.webhooks.get(command.webhook_id)
    if webhook is None or webhook.off is not None or webhook.url != command.url:
        return []
    return [WebhookSwitchedOff(webhook_id=webhook.id, reason=command.reason)]
