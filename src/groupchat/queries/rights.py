"""The rights of a caller, as of now."""

from groupchat.aggregates.access import Access
from groupchat.commands.caller import Caller, access
from groupchat.store.event_store import EventStore


async def rights_of(store: EventStore, who: Caller) -> Access:
    """Return what the caller may do; raises `UnauthenticatedError` if their key or token is no longer valid."""
    return (await store.run(who.cause(), access, who)).value
