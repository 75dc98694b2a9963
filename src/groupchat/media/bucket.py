"""Files in a bucket of S3, or of another store with its protocol (`s3.py`). Several machines can share it."""

from collections.abc import AsyncIterator, Mapping
from io import BytesIO
from typing import IO, TYPE_CHECKING

from obstore.exceptions import AlreadyExistsError, BaseError

from groupchat.media.port import PIECE_BYTES, MediaStoreError, require_name
from groupchat.s3 import BucketSettingsError, open_bucket
from groupchat.values.errors import first_line

if TYPE_CHECKING:
    from obstore import GetOptions  # only its type information has it

_CHECK = "0" * 64 + ".check"
_CALL_SECONDS = 30.0


class Bucket:
    """The store. An object is put with the condition that there is none of its name."""

    def __init__(self, bucket: str, prefix: str, environment: Mapping[str, str]) -> None:
        """Prepare to use a bucket, below a prefix; raises `MediaStoreError` if the environment does not say how to reach it."""
        self.name = f"s3://{bucket}/{prefix}".rstrip("/")
        try:
            self._store = open_bucket(bucket, prefix, environment, _CALL_SECONDS)
        except BucketSettingsError as error:
            raise MediaStoreError(str(error)) from error

    async def check(self) -> None:
        """Put and read a small object; raises `MediaStoreError`."""
        try:
            await self.put(_CHECK, BytesIO(b"groupchat"))
            await self.size(_CHECK)
        except MediaStoreError as error:
            msg = f"{error}. Check the bucket's name, AWS_ENDPOINT_URL_S3, AWS_REGION and the credentials (docs/media.md)."
            raise MediaStoreError(msg) from error

    async def put(self, name: str, file: IO[bytes]) -> None:
        """Keep a file, as `MediaStore` says."""
        file.seek(0)
        try:
            await self._store.put_async(require_name(name), file.read(), mode="create", use_multipart=False)
        except AlreadyExistsError:
            return
        except (FileNotFoundError, BaseError) as error:  # the former for a bucket that does not exist
            raise self._failed("written", error) from error

    async def size(self, name: str) -> int | None:
        """Return a file's size; none if it is not there."""
        try:
            return (await self._store.head_async(require_name(name)))["size"]
        except FileNotFoundError:
            return None
        except BaseError as error:
            raise self._failed("read", error) from error

    async def read(self, name: str, first: int = 0, last: int | None = None) -> AsyncIterator[bytes]:
        """Yield a file's bytes, as `MediaStore` says."""
        place = require_name(name)
        try:
            part: GetOptions = {"range": {"offset": first} if last is None else (first, last + 1)}
            found = await self._store.get_async(place, options=part)
            async for piece in found.stream(min_chunk_size=PIECE_BYTES):
                yield bytes(piece)
        except (FileNotFoundError, BaseError) as error:
            raise self._failed("read", error) from error

    def _failed(self, done: str, error: Exception) -> MediaStoreError:
        return MediaStoreError(f"The media store {self.name} can't be {done}: {first_line(error)}")
