"""Files of messages to groups, which are uploaded to Twilio's Media Content Service before they are posted.

An upload texts nobody, so an unclear one is simply repeated. A post to a conversation can name one uploaded file. The documents of
Conversations list the types that reach phones.
"""

from urllib.parse import quote

from groupchat.carriers import shapes
from groupchat.carriers.calls import Calls
from groupchat.carriers.port import CarrierRefusedError, CarrierUnclearError, Outgoing
from groupchat.carriers.twilio.answers import STATE_SECONDS, error_of

TYPES = frozenset({"image/jpeg", "image/png", "audio/mpeg", "audio/amr", "video/mp4", "application/pdf"})


class Uploads:
    """The files of one service of Conversations."""

    def __init__(self, calls: Calls, service_sid: str) -> None:
        self._calls = calls
        self._path = f"/Services/{quote(service_sid)}/Media"

    async def upload(self, outgoing: Outgoing) -> str:
        """Upload the content of a part, and return its id there. Raises `CarrierRefusedError`: nothing was posted."""
        content = outgoing.content
        if content is None:
            msg = f"part {outgoing.part} of {outgoing.message_id} has no content"
            raise RuntimeError(msg)
        headers = {"content-type": content.content_type}
        try:
            answer = await self._calls.post(self._path, content=content.data, headers=headers)
        except CarrierUnclearError as error:
            raise _for_now(error.reason) from error
        sid = shapes.text(answer.body, "sid")
        if answer.taken and sid:
            return sid
        refused = error_of(answer)
        raise refused if isinstance(refused, CarrierRefusedError) else _for_now(refused.reason)


def _for_now(reason: str) -> CarrierRefusedError:
    return CarrierRefusedError("unclear", reason, retry_after=STATE_SECONDS)
