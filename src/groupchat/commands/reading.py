"""Commands on read marks (R30)."""

from groupchat.aggregates import reader
from groupchat.commands.caller import Caller, access, visible_group
from groupchat.commands.streams import READ_MARK
from groupchat.store.decision import Decision
from groupchat.store.event_store import EventStore, Outcome


async def mark_read(store: EventStore, who: Caller, conversation_id: str) -> Outcome[None]:
    """Mark all of a conversation as read by the caller."""

    async def decide(decision: Decision) -> None:
        rights = await access(decision, who)
        group = await visible_group(decision, rights, conversation_id)
        rights.require_writer()
        read = reader.Read(user_id=who.user.id, conversation_id=conversation_id, version=group.version)
        await decision.decide(READ_MARK, reader.stream(who.user.id, conversation_id), reader.decide, read)

    return await store.decide(who.cause(), decide)


async def mark_unread(store: EventStore, who: Caller, conversation_id: str) -> Outcome[None]:
    """Mark a conversation as unread by the caller."""

    async def decide(decision: Decision) -> None:
        rights = await access(decision, who)
        await visible_group(decision, rights, conversation_id)
        rights.require_writer()
        unread = reader.MarkUnread(user_id=who.user.id, conversation_id=conversation_id)
        await decision.decide(READ_MARK, reader.stream(who.user.id, conversation_id), reader.decide, unread)

    return await store.decide(who.cause(), decide)
