"""Messages as callers see them: one message, and the thread (R22, R28)."""

import asyncio

from groupchat.aggregates.access import HiddenError
from groupchat.commands.caller import Caller
from groupchat.projections import thread
from groupchat.projections.paging import LAST_POSITION, Page, PageRequest
from groupchat.projections.thread import Between, Message
from groupchat.queries.conversations import require_visible
from groupchat.queries.views import Views
from groupchat.values.errors import InvalidRequestError, NotFoundError

_NOWHERE = "cnv_none"
"""The conversation of a message that does not exist."""


async def page(
    views: Views, conversation_id: str, wanted: PageRequest, *, after: str | None = None, before: str | None = None
) -> Page:
    """Return a page of a conversation's messages, oldest first unless asked otherwise (R28).

    `after` and `before` are each a message's id or a version. Raises `InvalidRequestError` for one that is neither, and for a bad
    cursor.
    """
    between = Between(
        after=await _version_at(views, conversation_id, "query.after", after),
        before=await _version_at(views, conversation_id, "query.before", before),
    )
    return await views.ask(thread.page, conversation_id, wanted, between)


async def one(views: Views, who: Caller, message_id: str) -> Message:
    """Return a message; raises `NotFoundError` for one that is unknown, or in a conversation that the caller can't see (R22).

    Only a view knows messages, so before a message is reported as missing, the query waits until the view is up to date: raises
    `ProjectionBehindError`. A hidden message takes the same way as a missing one, so that the time doesn't tell them apart.
    """
    try:
        return await _seen(views, who, message_id)
    except NotFoundError:
        await views.wait_for([thread.VIEW.name], await asyncio.to_thread(views.store.log.head))
        return await _seen(views, who, message_id)


async def _seen(views: Views, who: Caller, message_id: str) -> Message:
    found = await views.ask(thread.one, message_id)
    try:
        await require_visible(views.store, who, _NOWHERE if found is None else found.conversation_id)
    except HiddenError as error:
        raise HiddenError(_missing(), error.about) from error
    except NotFoundError as error:
        raise _missing() from error
    if found is None:
        raise _missing()
    return found


def _missing() -> NotFoundError:
    return NotFoundError("There is no such message.")


async def _version_at(views: Views, conversation_id: str, loc: str, written: str | None) -> int | None:
    if written is None:
        return None
    if written.isascii() and written.isdecimal():
        return min(int(written), LAST_POSITION)
    version = await views.ask(thread.version_of, conversation_id, written)
    if version is None:
        raise InvalidRequestError(loc, "Use the id of a message of this conversation, or a version.")
    return version
