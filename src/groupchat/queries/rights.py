"""What a caller may do, as of now."""

from groupchat.aggregates.access import Access
from groupchat.commands.caller import Caller, access
from groupchat.store.decision import Decision
from groupchat.store.event_store import EventStore


async def rights_of(store: EventStore, who: Caller) -> Access:
    """Return what the caller may do; raises `UnauthenticatedError` if their key or token no longer holds."""

    async def look(decision: Decision) -> Access:
        return await access(decision, who)

    return (await store.decide(who.cause(), look)).value
