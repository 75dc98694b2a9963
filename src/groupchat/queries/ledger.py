"""The ledger as callers see it (R22, R24 to R26)."""

from datetime import date

from groupchat.commands.caller import Caller
from groupchat.projections import ledger, statements
from groupchat.projections.ledger import EntryFilter
from groupchat.projections.paging import Page, PageRequest
from groupchat.projections.statements import Statement
from groupchat.queries.conversations import require_visible
from groupchat.queries.views import Views


async def page(views: Views, who: Caller, chosen: EntryFilter, wanted: PageRequest) -> Page:
    """Return a page of entries, oldest first.

    Raises `NotFoundError` for a conversation that the caller can't see, `InvalidRequestError` for a bad cursor,
    `ProjectionBehindError`.
    """
    if chosen.conversation_id is not None:
        await require_visible(views.store, who, chosen.conversation_id)
    sees_only = await views.sees_only(who)
    return await views.ask(ledger.page, who.workspace_id, chosen, wanted, sees_only=sees_only)


async def statement(views: Views, who: Caller, first_day: date) -> Statement:
    """Return the statement of the month that begins on a date (R26); raises `ProjectionBehindError`."""
    return await views.ask(statements.statement, who.workspace_id, first_day, sees_only=await views.sees_only(who))
