"""Why a message was sent, an entry charged, or a conversation blocked, for callers who may see it (R22); from events alone."""

import asyncio

from groupchat.aggregates.access import HiddenError
from groupchat.audit import as_of, explain, explain_block, explain_entry, history
from groupchat.audit.as_of import When
from groupchat.audit.explanation import Explanation
from groupchat.commands.caller import Caller
from groupchat.queries import messages
from groupchat.queries.conversations import require_visible
from groupchat.queries.views import Views
from groupchat.values.errors import InvalidRequestError, NotFoundError


async def of_message(views: Views, who: Caller, message_id: str) -> Explanation:
    """Explain a message; raises as `messages.one` does."""
    message = await messages.one(views, who, message_id)

    def explained() -> Explanation:
        found = history.read_for(views.store.log, message_id, message.conversation_id)
        return explain.message(found.as_seen_by(who.sees_only), message_id)

    return await asyncio.to_thread(explained)


async def require_entry(views: Views, who: Caller, entry_id: str) -> tuple[str, str]:
    """Return the conversation and the message of a ledger entry.

    Raises `NotFoundError` for an entry that is unknown, or of a conversation that the caller can't see (R22).
    """
    try:
        stream, version, _ = explain_entry.read_entry_id(entry_id)
        conversation_id, message_id = await asyncio.to_thread(history.subject_of, views.store.log, stream, version)
        await require_visible(views.store, who, conversation_id)
    except HiddenError as error:
        raise HiddenError(_no_entry(), error.about) from error
    except (InvalidRequestError, NotFoundError) as error:
        raise _no_entry() from error
    return conversation_id, message_id


async def of_entry(views: Views, who: Caller, entry_id: str) -> Explanation:
    """Explain an entry of the ledger; raises as `require_entry` does."""
    conversation_id, message_id = await require_entry(views, who, entry_id)

    def explained() -> Explanation:
        found = history.read_for(views.store.log, message_id, conversation_id)
        return explain_entry.entry(found.as_seen_by(who.sees_only), entry_id)

    try:
        return await asyncio.to_thread(explained)
    except NotFoundError as error:
        raise _no_entry() from error


async def of_block(views: Views, who: Caller, conversation_id: str, number: str | None, asked: When) -> Explanation:
    """Explain why a conversation is blocked or open, or was; with a number (E.164), whether this participant's opt-out blocks it.

    Access must have been checked before. Raises `NotFoundError` for a number that is not a participant's, and `InvalidRequestError`
    as `as_of.cut_at` does.
    """
    store = views.store

    def explained() -> Explanation:
        whole = history.read(store.log, conversation_id)
        found = whole.upto(as_of.cut_at(whole.events, asked, store.now()))
        return explain_block.block(found.as_seen_by(who.sees_only), number)

    return await asyncio.to_thread(explained)


def _no_entry() -> NotFoundError:
    return NotFoundError("There is no such entry in the ledger.")
