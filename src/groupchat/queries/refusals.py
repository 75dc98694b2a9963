"""Refusal records (R15, R20 to R23)."""

from groupchat.commands.caller import Caller, access, visible_group, visible_user
from groupchat.projections import refusals
from groupchat.projections.paging import Page, PageRequest
from groupchat.projections.refusals import RefusalFilter
from groupchat.queries.views import Views
from groupchat.store.decision import Decision


async def page(views: Views, who: Caller, chosen: RefusalFilter, wanted: PageRequest) -> Page:
    """Return a page of records, newest last.

    Raises `NotFoundError` for an unknown conversation or user, `NotPermittedError` unless the caller may audit (R23),
    `InvalidRequestError` for a bad cursor.
    """
    await views.store.run(who.cause(), _require_reader, who, chosen)
    return await views.ask(refusals.page, who.workspace_id, chosen, wanted)


async def _require_reader(decision: Decision, who: Caller, chosen: RefusalFilter) -> None:
    rights = await access(decision, who)
    if chosen.conversation_id is not None:
        await visible_group(decision, rights, chosen.conversation_id)
    if chosen.user_id is not None:
        visible_user(rights, chosen.user_id)
    rights.require_auditor()
