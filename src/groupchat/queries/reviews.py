"""Reviews of texts that may be an opt-out, as callers see them (R22, R40)."""

import asyncio
from collections.abc import Sequence

from groupchat.aggregates.review import missing, stream
from groupchat.commands.caller import Caller, access
from groupchat.commands.reviews import visible_review
from groupchat.projections import inbox, reviews, thread
from groupchat.projections.paging import Page, PageRequest
from groupchat.projections.reviews import Review, Status
from groupchat.queries.views import Views
from groupchat.store.decision import Decision
from groupchat.values.event import Recorded

WAITS_FOR = (reviews.VIEW.name, thread.VIEW.name, inbox.VIEW.name)
"""The views that a review is shown from."""


async def page(views: Views, who: Caller, status: Status | None, wanted: PageRequest) -> Page:
    """Return a page of the reviews of conversations that the caller sees; raises `InvalidRequestError` for a bad cursor."""
    sees_only = await views.sees_only(who)
    return await views.ask(reviews.page, who.workspace_id, status, wanted, sees_only=sees_only)


async def now(views: Views, message_id: str, emitted: Sequence[Recorded]) -> Review:
    """Return a review as stored, with the events that a decision on it has emitted. Raises `NotFoundError`."""
    name = stream(message_id)
    stored = await asyncio.to_thread(views.store.log.stream, name)
    found = reviews.current([*stored, *(each for each in emitted if each.stream == name and each.version > len(stored))])
    if found is None:
        raise missing()
    return found


async def require_visible(views: Views, who: Caller, message_id: str) -> None:
    """Raise `NotFoundError` unless the caller can see the review (R22)."""
    await views.store.run(who.cause(), _visible, who, message_id)


async def require_may_settle(views: Views, who: Caller, message_id: str) -> None:
    """Raise `NumberAccessDeniedError` or `NotPermittedError` unless the caller may record an opt-out in its conversation (R21)."""
    await views.store.run(who.cause(), _may_settle, who, message_id)


async def _visible(decision: Decision, who: Caller, message_id: str) -> None:
    await visible_review(decision, await access(decision, who), message_id)


async def _may_settle(decision: Decision, who: Caller, message_id: str) -> None:
    rights = await access(decision, who)
    rights.require_recorder((await visible_review(decision, rights, message_id)).business_number)
