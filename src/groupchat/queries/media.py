"""Files as callers and carriers get them (R46)."""

from groupchat.aggregates.media import MediaStored
from groupchat.commands import media
from groupchat.commands.caller import Caller
from groupchat.commands.streams import MEDIA
from groupchat.store.event_store import EventStore


async def visible(store: EventStore, who: Caller, media_id: str) -> MediaStored:
    """Return a file that the caller uploaded, or that is in a conversation that they can see; raises `NotFoundError` (R22)."""
    return (await store.run(who.cause(), media.visible, who, media_id)).value


async def kept(store: EventStore, media_id: str) -> MediaStored | None:
    """Return a file for a carrier, which has a signed address; none if it is not there."""
    state = await store.load(MEDIA, media_id) or await store.load_fresh(MEDIA, media_id)
    return None if state is None else state.stored
