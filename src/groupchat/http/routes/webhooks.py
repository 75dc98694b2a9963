"""Webhooks: where other systems receive the workspace's events (R55)."""

from groupchat.addresses import InsideError
from groupchat.commands import webhooks
from groupchat.commands.webhooks import WebhookShown, WebhookWithSecret
from groupchat.http.calls.answers import Answer, Written
from groupchat.http.calls.call import Call, Reading, Writing
from groupchat.http.calls.endpoint import endpoint
from groupchat.http.calls.lists import PageOf, page_of
from groupchat.http.calls.spec import Spec
from groupchat.http.documents import examples, webhook_examples
from groupchat.http.guards import permits
from groupchat.http.inputs.parameters import PageQuery
from groupchat.http.inputs.webhook_bodies import ReplayInput, WebhookChange, WebhookInput
from groupchat.projections.paging import Page
from groupchat.queries import webhooks as queries
from groupchat.queries.webhooks import WebhookStatus
from groupchat.store.webhook_rows import Attempt
from groupchat.values.errors import InvalidRequestError
from groupchat.webhooks.secret_keys import SecretKeys, WebhooksNotConfiguredError

ALL = "/v1/webhooks"
ONE = "/v1/webhooks/{webhook_id}"


@endpoint(
    Spec(
        "POST",
        ALL,
        "Add a webhook",
        "webhooks",
        status=201,
        location=ALL + "/{id}",
        body_examples={"messages": webhook_examples.NEW_WEBHOOK},
        example=webhook_examples.NEW_WEBHOOK_SHOWN,
    ),
    may=permits.manages,
    refuses=("too-many-webhooks", "webhooks-not-configured"),
)
async def add_webhook(call: Writing[WebhookInput]) -> Written[WebhookWithSecret]:
    """Send the workspace's events to an address of another system, from now on (R55).

    Each is a signed `POST` request as the Standard Webhooks specification describes. Only this response shows the secret.
    """
    new = call.body.command()
    await _require_outside(call, new.url)
    return await call.run(webhooks.add_webhook, _keys(call), new)


@endpoint(
    Spec("GET", ALL, "The webhooks", "webhooks", example=examples.page(webhook_examples.WEBHOOK_STATUS)),
    may=permits.audits,
)
async def list_webhooks(call: Reading[PageQuery]) -> Answer[PageOf[WebhookStatus]]:
    """List the webhooks, and how each is doing."""
    found = await queries.list_webhooks(call.views, call.who)
    return Answer(page_of(found, call.query.page, key=lambda webhook: webhook.id))


@endpoint(
    Spec("GET", ONE, "One webhook", "webhooks", example=webhook_examples.WEBHOOK_STATUS),
    first=permits.has_webhook,
    may=permits.audits,
)
async def read_webhook(call: Call) -> Answer[WebhookStatus]:
    """Show a webhook, and how it is doing: where it is in the log, and since when it has failed."""
    return Answer(await queries.read_webhook(call.views, call.who, call.path["webhook_id"]))


@endpoint(
    Spec(
        "PATCH",
        ONE,
        "Change a webhook",
        "webhooks",
        body_examples={"off": {"active": False}, "all events": {"types": None}},
        example=webhook_examples.WEBHOOK,
    ),
    first=permits.has_webhook,
    may=permits.manages,
)
async def change_webhook(call: Writing[WebhookChange]) -> Written[WebhookShown]:
    """Change a webhook's address, types or description, or switch it off or on.

    A webhook that is switched on continues where it was. To skip what it missed, replay it after the newest position.
    """
    change = call.body.fields()
    if isinstance(change.url, str):
        await _require_outside(call, change.url)
    return await call.run(webhooks.change_webhook, call.path["webhook_id"], change)


@endpoint(
    Spec("DELETE", ONE, "Remove a webhook", "webhooks", status=204),
    first=permits.has_webhook,
    may=permits.manages,
)
async def remove_webhook(call: Call) -> Written[None]:
    """Remove a webhook. A request that is already on its way may still arrive."""
    return await call.run(webhooks.remove_webhook, call.path["webhook_id"])


@endpoint(
    Spec("POST", ONE + "/test", "Test a webhook", "webhooks", status=202),
    first=permits.has_webhook,
    may=permits.manages,
    refuses=("webhook-off",),
)
async def test_webhook(call: Call) -> Written[None]:
    """Send a webhook the event `groupchat.workspace.webhook_tested`. Its attempts show the outcome."""
    return await call.run(webhooks.send_test, call.path["webhook_id"])


@endpoint(
    Spec("POST", ONE + "/secret", "Change a webhook's secret", "webhooks", status=201, example=webhook_examples.NEW_WEBHOOK_SHOWN),
    first=permits.has_webhook,
    may=permits.manages,
    refuses=("webhooks-not-configured",),
)
async def issue_webhook_secret(call: Call) -> Written[WebhookWithSecret]:
    """Give a webhook another secret, which only this response shows. For 24 hours, the earlier ones sign as well."""
    return await call.run(webhooks.issue_secret, _keys(call), call.path["webhook_id"])


@endpoint(
    Spec("POST", ONE + "/replay", "Replay a webhook", "webhooks", status=202, body_examples={"everything": {"after": 0}}),
    first=permits.has_webhook,
    may=permits.manages,
    refuses=("position-ahead",),
)
async def replay_webhook(call: Writing[ReplayInput]) -> Written[None]:
    """Continue a webhook after a position: an earlier one sends events again, a later one skips events.

    A message that is sent again has the same `webhook-id`.
    """
    await call.services.progress.require_stored(call.body.after)
    return await call.run(webhooks.replay, call.path["webhook_id"], call.body.after)


@endpoint(
    Spec(
        "GET",
        ONE + "/attempts",
        "A webhook's attempts",
        "webhooks",
        page=PageOf[Attempt],
        example=examples.page(webhook_examples.WEBHOOK_ATTEMPT),
    ),
    first=permits.has_webhook,
    may=permits.audits,
)
async def list_webhook_attempts(call: Reading[PageQuery]) -> Answer[Page]:
    """List the attempts to send messages, newest first, at least the newest 1,000. They are shown a moment after they end."""
    return Answer(await queries.attempts(call.views, call.who, call.path["webhook_id"], call.query.page))


def _keys(call: Call) -> SecretKeys:
    if call.services.secret_keys is None:
        raise WebhooksNotConfiguredError
    return call.services.secret_keys


async def _require_outside(call: Call, url: str) -> None:
    """Raise `InvalidRequestError` for an address that may not be called."""
    try:
        await call.services.addresses.require_registrable(url)
    except InsideError as inside:
        raise InvalidRequestError("url", f"This can't be called: {inside}.") from inside
