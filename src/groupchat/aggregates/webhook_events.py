"""The events of a workspace's webhooks (R55), in the workspace's stream. The rules are in `webhooks.py`. No event has a secret."""

from typing import Literal, get_args

from groupchat.values.event import Event, Moment, stored_as

OffReason = Literal["user", "failing", "gone"]
"""Why a webhook is off: a user switched it off, no call succeeded for days, or the receiver responded that it is gone (410)."""


@stored_as("groupchat.workspace.webhook_added")
class WebhookAdded(Event, frozen=True, kw_only=True):
    """Another system receives events of these types, or all, at an address.

    `secret_id` names the secret that signs them, and `made_with` the server's key that makes the secret.
    """

    webhook_id: str
    url: str
    types: tuple[str, ...] | None
    description: str | None
    secret_id: str
    made_with: str


@stored_as("groupchat.workspace.webhook_moved")
class WebhookMoved(Event, frozen=True, kw_only=True):
    """A webhook has another address."""

    webhook_id: str
    url: str


@stored_as("groupchat.workspace.webhook_types_chosen")
class WebhookTypesChosen(Event, frozen=True, kw_only=True):
    """A webhook receives events of these types, or all."""

    webhook_id: str
    types: tuple[str, ...] | None


@stored_as("groupchat.workspace.webhook_described")
class WebhookDescribed(Event, frozen=True, kw_only=True):
    """A webhook has another description."""

    webhook_id: str
    description: str | None


@stored_as("groupchat.workspace.webhook_secret_issued")
class WebhookSecretIssued(Event, frozen=True, kw_only=True):
    """A webhook has another secret. The earlier ones also sign until `earlier_until`."""

    webhook_id: str
    secret_id: str
    made_with: str
    earlier_until: Moment


@stored_as("groupchat.workspace.webhook_switched_off")
class WebhookSwitchedOff(Event, frozen=True, kw_only=True):
    """Nothing is sent to a webhook until it is switched on."""

    webhook_id: str
    reason: OffReason


@stored_as("groupchat.workspace.webhook_switched_on")
class WebhookSwitchedOn(Event, frozen=True, kw_only=True):
    """A webhook continues where it was switched off."""

    webhook_id: str


@stored_as("groupchat.workspace.webhook_replayed")
class WebhookReplayed(Event, frozen=True, kw_only=True):
    """A webhook continues after this position of the log, earlier or later than where it was."""

    webhook_id: str
    after: int


@stored_as("groupchat.workspace.webhook_tested")
class WebhookTested(Event, frozen=True, kw_only=True):
    """A user asked for this event, which is sent to this webhook only, whatever types it receives."""

    webhook_id: str


@stored_as("groupchat.workspace.webhook_removed")
class WebhookRemoved(Event, frozen=True, kw_only=True):
    """A webhook and its secrets no longer exist."""

    webhook_id: str


WebhookEvent = (
    WebhookAdded
    | WebhookMoved
    | WebhookTypesChosen
    | WebhookDescribed
    | WebhookSecretIssued
    | WebhookSwitchedOff
    | WebhookSwitchedOn
    | WebhookReplayed
    | WebhookTested
    | WebhookRemoved
)
WEBHOOK_EVENTS: tuple[type[WebhookEvent], ...] = get_args(WebhookEvent)
