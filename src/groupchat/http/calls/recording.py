"""Recording what a request is refused for (R15, R20 to R22)."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from groupchat.commands.caller import Caller
from groupchat.commands.refusals import to_record
from groupchat.http.services import Services
from groupchat.http.web.codec import read_path
from groupchat.http.web.request import Incoming
from groupchat.values.errors import RefusalError


@contextmanager
def recording(services: Services, incoming: Incoming, who: Caller, path: str) -> Iterator[None]:
    """Record the refusal that the block raises, as one of the operation with this path, if it is of a kind that is recorded.

    It is noted after the response, so a hidden thing takes as long as a missing one.
    """
    try:
        yield
    except RefusalError as refusal:
        conversation_id = read_path(incoming).get("conversation_id")
        record = to_record(refusal, who, f"{incoming.scope['method']} {path}", conversation_id)
        if record is not None:
            incoming.afterwards = partial(services.refusals.note, record, who)
        raise
