"""The port: what groupchat requests of a place that keeps files.

A file's name is the SHA-256 of its content, so a name never gets another content, and putting a file twice is the same as once. A
version that was made of a file, such as a thumbnail, has the file's name with an ending.
"""

import re
from collections.abc import AsyncIterator
from typing import IO, Protocol

from groupchat.values.errors import ExpectedError

PIECE_BYTES = 65_536
"""The amount that is read and written at a time."""
_NAME = re.compile(r"[0-9a-f]{64}(\.[a-z0-9-]{1,40})?")


class MediaStoreError(ExpectedError):
    """The store can't be used, or doesn't have the file. The message says what to do."""


class MediaStore(Protocol):
    """A place for files."""

    name: str
    """The place, as messages name it."""

    async def check(self) -> None:
        """Make sure that files can be written; raises `MediaStoreError`."""

    async def put(self, name: str, file: IO[bytes]) -> None:
        """Keep a file's whole content under a name, durably; it is there completely or not at all.

        It does nothing if there is a file of this name. Raises `MediaStoreError`.
        """

    async def size(self, name: str) -> int | None:
        """Return the number of bytes of a file; none if it is not there. Raises `MediaStoreError`."""

    def read(self, name: str, first: int = 0, last: int | None = None) -> AsyncIterator[bytes]:
        """Yield a file's bytes from the one numbered `first` to `last`, which is included; raises `MediaStoreError`."""


def require_name(name: str) -> str:
    """Return a file's name; raises `ValueError` for one that no file has, such as a path."""
    if _NAME.fullmatch(name) is None:
        msg = f"{name!r} is not the name of a file."
        raise ValueError(msg)
    return name
