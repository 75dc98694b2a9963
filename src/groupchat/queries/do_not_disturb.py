"""The numbers with do-not-disturb, as callers see them (R36)."""

from groupchat.commands.caller import Caller
from groupchat.projections import do_not_disturb
from groupchat.projections.paging import Page, PageRequest
from groupchat.queries.rights import rights_of
from groupchat.queries.views import Views


async def page(views: Views, who: Caller, number: str | None, wanted: PageRequest) -> Page:
    """Return a page of the workspace's numbers with do-not-disturb, or the entries of one number.

    Raises `NotPermittedError` for a caller who sees assigned data only (R22), `InvalidRequestError` for a bad cursor.
    """
    (await rights_of(views.store, who)).require_unrestricted()
    return await views.ask(do_not_disturb.page, who.workspace_id, number, wanted)
