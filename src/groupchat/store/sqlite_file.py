"""The files of an SQLite database: readable by their owner alone, and the same ones for as long as they are open."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from stat import S_IMODE

import structlog

OWNER_ONLY = 0o600
_OTHERS = 0o077
_SUFFIXES = ("", "-wal", "-shm", "-journal")

log = structlog.get_logger()


class SqliteFile:
    """The file at `path`. It is known by its inode from the first connection on, until `forget`.

    A connection that is open goes on with a file that was deleted or replaced, and what it writes is lost.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: tuple[int, int] | None = None

    def create(self) -> None:
        """Create the file, if it is not there and may be; SQLite gives the files beside it the same mode."""
        with suppress(OSError):  # SQLite says what is wrong when it opens the file
            os.close(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY))

    def opened(self) -> None:
        """Note which file a connection has opened, and close it to others; log a warning where that can't be done."""
        if self._known is None:
            self._known = self._found()
            locks = self._path.parent.glob(f"{escape(self._path.name)}.*.lock")
            for path in (*(Path(f"{self._path}{suffix}") for suffix in _SUFFIXES), *locks):
                _close_to_others(path)

    def require_same(self) -> None:
        """Raise SQLite's `OperationalError` if another file, or none, is at the path by now."""
        if self._known is not None and self._found() != self._known:
            msg = f"the file {self._path} was deleted or replaced while it was open"
            raise sqlite3.OperationalError(msg)

    @contextmanager
    def same(self) -> Iterator[None]:
        """Refuse the block if the file is another one, and fail after it if it has become another one meanwhile."""
        self.require_same()
        yield
        self.require_same()

    def forget(self) -> None:
        """Take whatever file is there at the next opening."""
        self._known = None

    def _found(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


def _close_to_others(path: Path) -> None:
    try:
        mode = S_IMODE(path.stat().st_mode)
        if mode & _OTHERS:
            path.chmod(mode & ~_OTHERS)
    except FileNotFoundError:
        return
    except OSError as error:
        log.warning("database_open_to_others", file=path.name, error=error.strerror)
