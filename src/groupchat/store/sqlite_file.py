"""The files of an SQLite database: only their owner can read them, and they must not be replaced while they are open."""

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
    """The file at `path`. Its inode identifies it from the first connection until `forget`.

    A connection keeps using a file that was deleted or replaced, and everything that it writes there is lost.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: tuple[int, int] | None = None

    def create(self) -> None:
        """Create the file if it is missing and may be created. SQLite gives the files next to it the same mode."""
        with suppress(OSError):  # SQLite reports the error when it opens the file
            os.close(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY))

    def opened(self) -> None:
        """Note which file a connection has opened, and deny other users access to it; log a warning if that is not possible."""
        if self._known is None:
            self._known = self._found()
            locks = self._path.parent.glob(f"{escape(self._path.name)}.*.lock")
            for path in (*(Path(f"{self._path}{suffix}") for suffix in _SUFFIXES), *locks):
                _close_to_others(path)

    def require_same(self) -> None:
        """Raise SQLite's `OperationalError` if the file at the path is missing or has been replaced."""
        if self._known is not None and self._found() != self._known:
            msg = f"the file {self._path} was deleted or replaced while it was open"
            raise sqlite3.OperationalError(msg)

    @contextmanager
    def same(self) -> Iterator[None]:
        """Refuse to run the block if the file has been replaced, and fail after it if the file was replaced meanwhile."""
        self.require_same()
        yield
        self.require_same()

    def forget(self) -> None:
        """Accept any file at the next opening."""
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
