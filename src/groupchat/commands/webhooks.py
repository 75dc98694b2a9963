"""Commands on the workspace's webhooks (R55)."""

from datetime import datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import asdict

from groupchat.aggregates import webhooks
from groupchat.aggregates.webhook_events import OffReason
from groupchat.aggregates.webhook_state import WebhookState
from groupchat.aggregates.webhooks import (
    AddWebhook,
    ChangeWebhook,
    GiveUpOn,
    IssueSecret,
    RemoveWebhook,
    Replay,
    SecretName,
    SendTest,
    WebhookFields,
)
from groupchat.commands.caller import Caller, access
from groupchat.commands.streams import WEBHOOKS
from groupchat.store.decision import Decision
from groupchat.values.event import Moment
from groupchat.webhooks.secret_keys import SecretKeys


class SecretShown(Struct, frozen=True, kw_only=True):
    """A secret that signs messages, without the secret itself; `until` is null for the newest."""

    id: str
    issued_at: Moment
    until: Moment | None


class WebhookShown(Struct, frozen=True, kw_only=True):
    """A webhook; `types` are the events that it receives, null for all. `off_reason` is null while it is active."""

    id: str
    url: str
    types: tuple[str, ...] | None
    description: str | None
    active: bool
    off_reason: OffReason | None
    created_at: Moment
    secrets: tuple[SecretShown, ...]


class WebhookWithSecret(WebhookShown, frozen=True, kw_only=True):
    """A webhook with its newest secret. A repeat of the request shows it without the secret."""

    secret: str | None


class NewWebhook(Struct, frozen=True, kw_only=True):
    """A webhook to add."""

    url: str
    types: tuple[str, ...] | None
    description: str | None


async def add_webhook(decision: Decision, who: Caller, keys: SecretKeys, new: NewWebhook) -> WebhookWithSecret:
    """Add a webhook with a first secret."""
    (await access(decision, who)).require_manager()
    id_, secret = decision.new_id("whk"), _new_secret(decision, keys)
    add = AddWebhook(webhook_id=id_, url=new.url, types=new.types, description=new.description, secret=secret)
    await decision.take(WEBHOOKS, who.workspace_id, add)
    return await _with_secret(decision, who, keys, id_)


async def change_webhook(decision: Decision, who: Caller, webhook_id: str, change: WebhookFields) -> WebhookShown:
    """Change a webhook, or switch it off or on."""
    await _manage(decision, who, ChangeWebhook(webhook_id=webhook_id, change=change))
    return shown(webhooks.require_webhook((await access(decision, who)).state, webhook_id), decision.now)


async def issue_secret(decision: Decision, who: Caller, keys: SecretKeys, webhook_id: str) -> WebhookWithSecret:
    """Give a webhook another secret; the earlier ones sign for a while longer."""
    at = await decision.time_in(WEBHOOKS, who.workspace_id)
    await _manage(decision, who, IssueSecret(webhook_id=webhook_id, secret=_new_secret(decision, keys), at=at))
    return await _with_secret(decision, who, keys, webhook_id)


async def replay(decision: Decision, who: Caller, webhook_id: str, after: int) -> None:
    """Continue a webhook after a position of the log."""
    await _manage(decision, who, Replay(webhook_id=webhook_id, after=after))


async def send_test(decision: Decision, who: Caller, webhook_id: str) -> None:
    """Send a webhook an event to try it; raises `WebhookOffError`."""
    await _manage(decision, who, SendTest(webhook_id))


async def remove_webhook(decision: Decision, who: Caller, webhook_id: str) -> None:
    """Remove a webhook."""
    await _manage(decision, who, RemoveWebhook(webhook_id))


async def give_up_on(decision: Decision, webhook_id: str, url: str, reason: Literal["failing", "gone"]) -> None:
    """Switch a webhook off because its receiver at this address fails, or is gone."""
    give_up = GiveUpOn(webhook_id=webhook_id, url=url, reason=reason)
    await decision.take(WEBHOOKS, decision.cause.workspace_id, give_up)


def shown(webhook: WebhookState, now: datetime) -> WebhookShown:
    """Return a webhook as callers see it."""
    secrets = (SecretShown(id=secret.id, issued_at=secret.issued_at, until=secret.until) for secret in webhook.secrets_at(now))
    return WebhookShown(
        id=webhook.id,
        url=webhook.url,
        types=webhook.types,
        description=webhook.description,
        active=webhook.off is None,
        off_reason=webhook.off,
        created_at=webhook.created_at,
        secrets=tuple(secrets),
    )


def _new_secret(decision: Decision, keys: SecretKeys) -> SecretName:
    return SecretName(decision.new_id("whs"), keys.newest)


async def _with_secret(decision: Decision, who: Caller, keys: SecretKeys, webhook_id: str) -> WebhookWithSecret:
    webhook = webhooks.require_webhook((await access(decision, who)).state, webhook_id)
    newest = webhook.secrets[0]
    return WebhookWithSecret(**asdict(shown(webhook, decision.now)), secret=keys.secret(newest.made_with, newest.id))


async def _manage(
    decision: Decision, who: Caller, command: ChangeWebhook | IssueSecret | Replay | SendTest | RemoveWebhook
) -> None:
    """Take a command on a webhook that exists, for a caller who manages the workspace (R23)."""
    rights = await access(decision, who)
    webhooks.require_webhook(rights.state, command.webhook_id)
    rights.require_manager()
    await decision.take(WEBHOOKS, who.workspace_id, command)
