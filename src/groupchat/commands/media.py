"""Commands on files of messages (R46): a file is kept, comes into a conversation, or is missing."""

from msgspec import Struct

from groupchat.aggregates.media import AttachMedia, MissMedia, StoreMedia
from groupchat.commands.caller import Caller, access
from groupchat.commands.streams import MEDIA
from groupchat.store.decision import Decision


class KeptFile(Struct, frozen=True, kw_only=True):
    """What is known of a file that the media store has; only pictures have a width and height."""

    sha256: str
    content_type: str
    size: int
    width: int | None = None
    height: int | None = None


async def upload(decision: Decision, who: Caller, file: KeptFile) -> str:
    """Record a file that a user uploaded, and that the media store has; return its id."""
    await access(decision, who)
    media_id = decision.new_id("med")
    await decision.take(MEDIA, media_id, _storing(media_id, file))
    return media_id


async def keep(decision: Decision, media_id: str, message_id: str, conversation_id: str, file: KeptFile) -> None:
    """Record a file that a participant sent, and that the media store has."""
    await decision.take(MEDIA, media_id, _storing(media_id, file))
    attach = AttachMedia(workspace_id=decision.cause.workspace_id, message_id=message_id, conversation_id=conversation_id)
    await decision.take(MEDIA, media_id, attach)


async def miss(decision: Decision, media_id: str, message_id: str, conversation_id: str, reason: str) -> None:
    """Record that a file that a participant sent can't be fetched. For a file that is kept or missing already, it adds nothing."""
    command = MissMedia(media_id=media_id, message_id=message_id, conversation_id=conversation_id, reason=reason)
    await decision.take(MEDIA, media_id, command)


def _storing(media_id: str, file: KeptFile) -> StoreMedia:
    return StoreMedia(
        media_id=media_id,
        sha256=file.sha256,
        content_type=file.content_type,
        size=file.size,
        width=file.width,
        height=file.height,
    )
