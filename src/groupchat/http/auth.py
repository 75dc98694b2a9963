"""Who is calling: a bearer key becomes a `Caller`."""

from groupchat.commands import keys
from groupchat.commands.caller import Caller, UnauthenticatedError
from groupchat.http.codec import Incoming
from groupchat.store.event_store import EventStore


async def authenticate(store: EventStore, incoming: Incoming) -> Caller:
    """Return the caller; raises `UnauthenticatedError` without a valid key."""
    scheme, _, key = incoming.headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() != b"bearer" or not key:
        msg = "Send your API key in the header Authorization: Bearer <api key>."
        raise UnauthenticatedError(msg)
    found = await keys.authenticate(store, key.strip().decode("latin-1"))
    if found is None:
        msg = "This API key is not valid."
        raise UnauthenticatedError(msg)
    return Caller(found.workspace_id, found.user, incoming.correlation_id)
