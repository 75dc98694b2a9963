"""Files in a folder, which is the default. All processes of a server need the same one.

A file is written under a temporary name, flushed to the disk, and then renamed. So whatever is killed, a name has the whole file or
nothing. Files that a killed process left behind are removed by `check`, once they are a day old.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import IO

from groupchat.media.port import PIECE_BYTES, MediaStoreError, require_name

_UNFINISHED = ".unfinished-"
_ABANDONED_SECONDS = 86_400


class Folder:
    """The store. The first two digits of a file's name are the folder that it is in, so that no folder gets too long."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path

    async def check(self) -> None:
        """Create the folder, write to it, and remove what earlier processes left unfinished; raises `MediaStoreError`."""
        await asyncio.to_thread(self._check)

    async def put(self, name: str, file: IO[bytes]) -> None:
        """Keep a file, as `MediaStore` says."""
        await asyncio.to_thread(self._put, self._place(name), file)

    async def size(self, name: str) -> int | None:
        """Return a file's size; none if it is not there."""
        return await asyncio.to_thread(self._size, self._place(name))

    async def read(self, name: str, first: int = 0, last: int | None = None) -> AsyncIterator[bytes]:
        """Yield a file's bytes, as `MediaStore` says."""
        file = await asyncio.to_thread(self._opened, self._place(name))
        try:
            left = None if last is None else last - first + 1
            await asyncio.to_thread(file.seek, first)
            while left is None or left > 0:
                piece = await asyncio.to_thread(file.read, PIECE_BYTES if left is None else min(PIECE_BYTES, left))
                if not piece:
                    return
                left = None if left is None else left - len(piece)
                yield piece
        finally:
            file.close()

    def _place(self, name: str) -> Path:
        return self._path / require_name(name)[:2] / name

    def _check(self) -> None:
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=self._path, prefix=_UNFINISHED):
                pass
            for left in self._path.glob(f"**/{_UNFINISHED}*"):
                with suppress(FileNotFoundError):  # another process has just finished it
                    if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                        left.unlink()
        except OSError as error:
            what_to_do = "Let this user write there, or name another place with GROUPCHAT_MEDIA_URL (docs/media.md)."
            msg = f"The media folder {self._path.absolute()} can't be written: {error.strerror or error}. {what_to_do}"
            raise MediaStoreError(msg) from error

    def _put(self, place: Path, file: IO[bytes]) -> None:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.exists():
                self._write(place, file)
            for folder in (place.parent, self._path):  # even if it exists: its writer may have been killed before this
                _flush(folder)
        except OSError as error:
            raise self._failed("written", error) from error

    def _write(self, place: Path, file: IO[bytes]) -> None:
        file.seek(0)
        with NamedTemporaryFile(dir=place.parent, prefix=_UNFINISHED, delete=False) as written:
            try:
                copyfileobj(file, written, PIECE_BYTES)
                written.flush()
                os.fsync(written.fileno())
                Path(written.name).replace(place)
            except BaseException:
                Path(written.name).unlink(missing_ok=True)
                raise

    def _size(self, place: Path) -> int | None:
        try:
            return place.stat().st_size
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failed("read", error) from error

    def _opened(self, place: Path) -> IO[bytes]:
        try:
            return place.open("rb")
        except OSError as error:
            raise self._failed("read", error) from error

    def _failed(self, done: str, error: OSError) -> MediaStoreError:
        return MediaStoreError(f"The media folder {self.name} can't be {done}: {error.strerror or error}.")


def _flush(folder: Path) -> None:
    """Bring a folder's list of names to the disk, so that a new file survives a power failure."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
