"""Webhooks as callers see them: their state, how they are doing, and the attempts to send to them (R55)."""

from collections.abc import Iterable

from msgspec.structs import asdict
from sqlalchemy import Connection, select

from groupchat.aggregates.webhook_state import WebhookState
from groupchat.aggregates.webhooks import require_webhook
from groupchat.commands.caller import Caller
from groupchat.commands.webhooks import WebhookShown, shown
from groupchat.projections.paging import Listed, Page, PageRequest, Position, extract, read_page
from groupchat.queries.rights import rights_of
from groupchat.queries.views import Views
from groupchat.store.event_store import EventStore
from groupchat.store.webhook_rows import WEBHOOK_ATTEMPTS, WebhookStanding, standings
from groupchat.values.event import Moment


class WebhookStatus(WebhookShown, frozen=True, kw_only=True):
    """A webhook, and how it is doing.

    Everything up to `position` was sent, waits to be sent again (`waiting`), or was set aside after the last attempt (`set_aside`).
    `failing_since` is null if the last call succeeded.
    """

    position: int
    failing_since: Moment | None
    waiting: int
    set_aside: int


async def require_exists(store: EventStore, who: Caller, webhook_id: str) -> None:
    """Raise `NotFoundError` unless the workspace has the webhook."""
    require_webhook((await rights_of(store, who)).state, webhook_id)


async def list_webhooks(views: Views, who: Caller) -> list[WebhookStatus]:
    """Return the workspace's webhooks; raises `NotPermittedError` unless the caller manages or audits (R23)."""
    return await _statuses(views, (await _seen(views, who)).values())


async def read_webhook(views: Views, who: Caller, webhook_id: str) -> WebhookStatus:
    """Return one webhook; raises `NotFoundError`, and `NotPermittedError` unless the caller manages or audits (R23)."""
    found = await _seen(views, who, webhook_id)
    return (await _statuses(views, [found[webhook_id]]))[0]


async def attempts(views: Views, who: Caller, webhook_id: str, wanted: PageRequest) -> Page:
    """Return a page of the attempts to send to a webhook, newest first; raises as `read_webhook`."""
    await _seen(views, who, webhook_id)
    return await views.ask(_attempts, webhook_id, wanted)


async def _seen(views: Views, who: Caller, webhook_id: str | None = None) -> dict[str, WebhookState]:
    rights = await rights_of(views.store, who)
    if webhook_id is not None:
        require_webhook(rights.state, webhook_id)
    rights.require_auditor()
    return dict(rights.state.webhooks)


async def _statuses(views: Views, found: Iterable[WebhookState]) -> list[WebhookStatus]:
    webhooks, now = list(found), views.store.now()
    known = await views.ask(standings, [webhook.id for webhook in webhooks])
    unknown = WebhookStanding(position=0)
    return [WebhookStatus(**asdict(shown(each, now)), **asdict(known.get(each.id, unknown))) for each in webhooks]


def _attempts(connection: Connection, webhook_id: str, wanted: PageRequest) -> Page:
    table = WEBHOOK_ATTEMPTS.c
    query = select(table.doc, table.id).where(table.webhook_id == webhook_id)
    part = extract(wanted, Position, newest_first=True)
    return read_page(connection, query, (table.id,), part, lambda row: Listed(row.doc, row.id))
