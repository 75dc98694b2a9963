"""Files as they are served: whole, as thumbnails, and for carriers as small as those need them (R46)."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO

from msgspec import Struct
from msgspec.structs import replace

from groupchat.aggregates.group_events import Media
from groupchat.aggregates.media import PICTURES, MediaStored, is_ours, room_for_each
from groupchat.media import pictures
from groupchat.media.kinds import JPEG, WEBP
from groupchat.media.port import MediaStore, MediaStoreError
from groupchat.media.tokens import Grant, read_key, read_token, token

_SPOOLED_BYTES = 1_048_576
MMS_PICTURES = PICTURES - {WEBP}
"""The types of pictures that all carriers deliver."""


class Version(Struct, frozen=True):
    """A file in the store: its name there, its type, and its size in bytes."""

    name: str
    content_type: str
    size: int


class Library:
    """The files of a store. `prefix` is the address of carriers' files, without the token."""

    def __init__(self, store: MediaStore, prefix: str) -> None:
        self.store = store
        self._prefix = prefix
        self._key: bytes | None = None

    async def whole(self, file: MediaStored) -> Version:
        """Return the file itself; raises `MediaStoreError` if the store has lost it."""
        size = await self.store.size(file.sha256)
        if size is None:
            msg = f"The media store {self.store.name} does not have the file {file.sha256}. Restore it from a backup."
            raise MediaStoreError(msg)
        return Version(file.sha256, file.content_type, size)

    async def thumbnail(self, file: MediaStored) -> Version:
        """Return a picture's small version, which is made when it is first asked for; of other files, the file itself."""
        if file.content_type not in PICTURES:
            return await self.whole(file)
        return await self._made(file, f"{file.sha256}.thumbnail", pictures.thumbnail)

    async def for_carrier(self, file: MediaStored, most: int, types: Collection[str] = MMS_PICTURES) -> Version:
        """Return the version that carriers get: a picture with more than `most` bytes, or of another type, as a smaller JPEG."""
        if file.content_type not in PICTURES or (file.size <= most and file.content_type in types):
            return await self.whole(file)
        return await self._made(
            file, f"{file.sha256}.fit-{most}", lambda content, content_type: pictures.fitted(content, content_type, most)
        )

    async def addressed(self, media: Sequence[Media], begun_at: datetime) -> tuple[Media, ...]:
        """Return the files of a message with addresses from which a carrier can fetch those that users uploaded."""
        if not any(map(is_ours, media)):
            return tuple(media)
        key, most = await self._signing(), room_for_each(media)
        return tuple(
            replace(each, url=self._prefix + token(key, each.media_id, most, begun_at)) if each.media_id and is_ours(each) else each
            for each in media
        )

    async def granted(self, written: str, now: datetime) -> Grant | None:
        """Return what a token of an address is for; none if it is forged or over."""
        return read_token(await self._signing(), written, now)

    async def _signing(self) -> bytes:
        if self._key is None:
            self._key = await read_key(self.store)
        return self._key

    async def _made(self, file: MediaStored, name: str, make: Callable[[IO[bytes], str], IO[bytes] | None]) -> Version:
        size = await self.store.size(name)
        if size is None:
            with SpooledTemporaryFile(_SPOOLED_BYTES) as content:
                async for piece in self.store.read(file.sha256):
                    content.write(piece)
                made = await pictures.in_turn(make, content, file.content_type)
            if made is None:
                return await self.whole(file)
            await self.store.put(name, made)
            size = made.seek(0, 2)
        return Version(name, JPEG, size)
