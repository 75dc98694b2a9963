"""Commands on files of messages (R46): a file is kept, comes into a conversation, or is missing."""

from collections.abc import Sequence

from groupchat.aggregates import media as files
from groupchat.aggregates.access import Access, HiddenError
from groupchat.aggregates.group_events import Media
from groupchat.aggregates.media import AttachMedia, FileFacts, MediaStored, MissMedia, StoreMedia
from groupchat.commands.caller import Caller, access, visible_group
from groupchat.commands.streams import MEDIA
from groupchat.store.decision import Decision
from groupchat.values.errors import InvalidRequestError, NotFoundError


async def upload(decision: Decision, who: Caller, facts: FileFacts) -> str:
    """Record a file that a user uploaded, and that the media store has; return its id."""
    (await access(decision, who)).require_writer()
    media_id = decision.new_id("med")
    await decision.take(MEDIA, media_id, StoreMedia(media_id=media_id, facts=facts))
    return media_id


async def keep(decision: Decision, media_id: str, message_id: str, conversation_id: str, facts: FileFacts) -> None:
    """Record a file that a participant sent, and that the media store has."""
    await decision.take(MEDIA, media_id, StoreMedia(media_id=media_id, facts=facts))
    attach = AttachMedia(workspace_id=decision.cause.workspace_id, message_id=message_id, conversation_id=conversation_id)
    await decision.take(MEDIA, media_id, attach)


async def miss(decision: Decision, media_id: str, message_id: str, conversation_id: str, reason: str) -> None:
    """Record that a file that a participant sent can't be fetched. For a file that is kept or missing already, it adds nothing."""
    command = MissMedia(media_id=media_id, message_id=message_id, conversation_id=conversation_id, reason=reason)
    await decision.take(MEDIA, media_id, command)


async def attached(
    decision: Decision, rights: Access, conversation_id: str, message_id: str, media: Sequence[Media], *, loc: str
) -> tuple[Media, ...]:
    """Bring the kept files of a new message into its conversation, and return all files with what is known of them.

    Raises `InvalidRequestError` for a file that the caller neither uploaded nor sees in a conversation; `loc` is where the request
    lists the files.
    """
    attach = AttachMedia(workspace_id=decision.cause.workspace_id, message_id=message_id, conversation_id=conversation_id)
    return tuple(
        [
            each if each.media_id is None else await _attached(decision, rights, attach, each.media_id, f"{loc}.{n}.media_id")
            for n, each in enumerate(media)
        ]
    )


async def _attached(decision: Decision, rights: Access, attach: AttachMedia, media_id: str, loc: str) -> Media:
    try:
        stored = await _visible(decision, rights, media_id)
    except NotFoundError as error:
        raise InvalidRequestError(loc, error.detail) from error
    await decision.take(MEDIA, media_id, attach)
    return Media(url=files.urn(media_id), content_type=stored.content_type, media_id=media_id, size=stored.size)


async def _visible(decision: Decision, rights: Access, media_id: str) -> MediaStored:
    state = await decision.load(MEDIA, media_id)
    stored = files.existing(state, decision.cause.workspace_id)
    if state is None or state.uploaded_by == rights.user.id:
        return stored
    for conversation_id in sorted(state.conversations):
        try:
            await visible_group(decision, rights, conversation_id)
        except (HiddenError, NotFoundError):
            continue
        return stored
    raise files.missing()


async def visible(decision: Decision, who: Caller, media_id: str) -> MediaStored:
    """Return a file that the caller uploaded, or that is in a conversation that they can see; raises `NotFoundError` (R22)."""
    return await _visible(decision, await access(decision, who), media_id)
