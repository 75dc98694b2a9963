"""Messages as carriers get them: with a relayed author's name (R12), addresses or content for files (R46), or in parts."""

import structlog
from msgspec.structs import replace

from groupchat.aggregates.delivery_state import Delivery
from groupchat.aggregates.group_events import AutoReplied, InboundReceived, Media
from groupchat.aggregates.media import PICTURE_BYTES
from groupchat.carriers.port import FileContent, Outgoing
from groupchat.commands import deliveries
from groupchat.commands.streams import MEDIA
from groupchat.media.library import Library
from groupchat.media.port import MediaStoreError
from groupchat.processes.process import PutOffError
from groupchat.store.event_store import EventStore
from groupchat.values.carriers import CarrierLimits
from groupchat.values.event import Recorded
from groupchat.values.names import in_one_line

STORE_SECONDS = 30.0
"""The pause before the media store is tried again."""

log = structlog.get_logger()


class OutgoingMessages:
    """Makes them. `library` has the files that users uploaded."""

    def __init__(self, store: EventStore, library: Library | None) -> None:
        self._store = store
        self._library = library

    async def of(self, delivery: Delivery, recorded: Recorded) -> Outgoing:
        """Return a message, or the part of it that is handed over, with addresses for its files.

        Raises `PutOffError` if the media store can't be used now.
        """
        outgoing = _outgoing(delivery, recorded)
        if self._library is None:
            return outgoing
        try:
            return replace(outgoing, media=await self._library.addressed(outgoing.media, outgoing.begun_at))
        except MediaStoreError as error:
            raise _put_off(outgoing, error) from error

    async def with_content(self, outgoing: Outgoing, limits: CarrierLimits) -> Outgoing:
        """Return a message with the content of its file if its carrier wants that; raises as `of`."""
        if self._library is None or not outgoing.media or not limits.takes_apart(len(outgoing.to)):
            return outgoing
        try:
            return replace(outgoing, content=await self._content(self._library, outgoing.media[0], limits))
        except MediaStoreError as error:
            raise _put_off(outgoing, error) from error

    async def _content(self, library: Library, media: Media, limits: CarrierLimits) -> FileContent:
        known = await self._store.load(MEDIA, media.media_id or "")
        if known is None or known.stored is None:
            msg = f"{media.media_id} is in a message, but was never stored"
            raise RuntimeError(msg)
        version = await library.for_carrier(known.stored, PICTURE_BYTES, limits.types_apart)
        data = b"".join([piece async for piece in library.store.read(version.name)])
        return FileContent(content_type=version.content_type, data=data)


def _put_off(outgoing: Outgoing, error: MediaStoreError) -> PutOffError:
    log.warning("message_waits_for_files", message_id=outgoing.message_id, reason=str(error))
    return PutOffError(str(error), STORE_SECONDS)


def _outgoing(delivery: Delivery, recorded: Recorded) -> Outgoing:
    """Return the message for the carrier; a relayed message is prefixed with its author's name (R12)."""
    event = deliveries.message_of(recorded)
    body = event.body
    if isinstance(event, InboundReceived):
        author = in_one_line(event.name)
        body = f"{author}: {event.body}" if event.body else f"{author}:"
    media = () if isinstance(event, AutoReplied) else event.media
    if delivery.parts:
        body, media = _part(body, media, delivery.part)
    return Outgoing(
        message_id=delivery.message_id,
        from_=delivery.business_number,
        to=tuple(delivery.statuses),
        body=body,
        media=media,
        begun_at=delivery.begun_at or recorded.at,
        part=delivery.part,
    )


def _part(body: str | None, media: tuple[Media, ...], part: int) -> tuple[str | None, tuple[Media, ...]]:
    """Return one part of a message: the text, if there is one, or one of its files."""
    first = 1 if body else 0
    return (body, ()) if part < first else (None, (media[part - first],))
