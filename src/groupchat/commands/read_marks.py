"""Commands on read marks (R30)."""

from groupchat.aggregates import reader
from groupchat.commands.caller import Caller, access, visible_group
from groupchat.commands.streams import READ_MARK
from groupchat.store.decision import Decision
from groupchat.values.errors import InvalidRequestError


async def mark_read(decision: Decision, who: Caller, conversation_id: str, version: int | None = None) -> None:
    """Mark a conversation as read by the caller, up to a version or completely.

    Raises `InvalidRequestError` for a version that the conversation does not have.
    """
    rights = await access(decision, who)
    group = await visible_group(decision, rights, conversation_id)
    rights.require_writer()
    if version is not None and version > group.version:
        raise InvalidRequestError("version", f"The conversation has versions 1 to {group.version}.")
    read = reader.MarkRead(user_id=who.user.id, conversation_id=conversation_id, version=version or group.version)
    await decision.take(READ_MARK, reader.stream(who.user.id, conversation_id), read)


async def mark_unread(decision: Decision, who: Caller, conversation_id: str) -> None:
    """Mark a conversation as unread by the caller."""
    rights = await access(decision, who)
    await visible_group(decision, rights, conversation_id)
    rights.require_writer()
    unread = reader.MarkUnread(user_id=who.user.id, conversation_id=conversation_id)
    await decision.take(READ_MARK, reader.stream(who.user.id, conversation_id), unread)
