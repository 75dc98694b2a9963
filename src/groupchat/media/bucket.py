"""Files in a bucket of S3, or of another store with its protocol. Several machines can share it.

The credentials are in the usual variables: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`, and
`AWS_ENDPOINT_URL_S3` for other stores.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from io import BytesIO
from typing import IO, TYPE_CHECKING

from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from groupchat.media.port import PIECE_BYTES, MediaStoreError, require_name
from groupchat.values.errors import first_line

if TYPE_CHECKING:
    from obstore.store import S3Config  # only its type information has it

_CHECK = "0" * 64 + ".check"
_PATIENCE = timedelta(seconds=30)
_RETRIES = 3


class Bucket:
    """The store. An object is put with the condition that there is none of its name."""

    def __init__(self, bucket: str, prefix: str, environment: Mapping[str, str]) -> None:
        """Prepare to use a bucket, below a prefix; raises `MediaStoreError` if the environment has no credentials."""
        self.name = f"s3://{bucket}/{prefix}".rstrip("/")
        missing = [each for each in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION") if not environment.get(each)]
        if missing:
            msg = f"The media store {self.name} also needs {', '.join(missing)}."
            raise MediaStoreError(msg)
        config: S3Config = {
            "region": environment["AWS_REGION"],
            "access_key_id": environment["AWS_ACCESS_KEY_ID"],
            "secret_access_key": environment["AWS_SECRET_ACCESS_KEY"],
        }
        if token := environment.get("AWS_SESSION_TOKEN"):
            config["session_token"] = token
        if endpoint := environment.get("AWS_ENDPOINT_URL_S3"):
            config["endpoint"] = endpoint
        self._store = S3Store(
            bucket,
            prefix=prefix or None,
            config=config,
            client_options={"allow_http": (endpoint or "").startswith("http://"), "timeout": _PATIENCE},
            retry_config={"max_retries": _RETRIES, "retry_timeout": _PATIENCE},
        )

    async def check(self) -> None:
        """Put and read a small object; raises `MediaStoreError`."""
        await self.put(_CHECK, BytesIO(b"groupchat"))
        await self.size(_CHECK)

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
            end = await self.size(name) if last is None else last + 1
            found = await self._store.get_async(place, options={"range": (first, end or 0)})
            async for piece in found.stream(min_chunk_size=PIECE_BYTES):
                yield bytes(piece)
        except (FileNotFoundError, BaseError) as error:
            raise self._failed("read", error) from error

    def _failed(self, done: str, error: Exception) -> MediaStoreError:
        return MediaStoreError(f"The media store {self.name} can't be {done}: {first_line(error)}")
