"""Files that commands write and read. They are written completely or not at all, compressed or not."""

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from gzip import GzipFile
from pathlib import Path
from typing import BinaryIO, cast

from groupchat.values.errors import ExpectedError

STDOUT = "-"
_GZIP = b"\x1f\x8b"
_OWNER_ONLY = 0o600
_BUFFER = 1024 * 1024


class FileError(ExpectedError):
    """A file can't be read or written. The message says which one and why."""


@contextmanager
def written(name: str) -> Iterator[BinaryIO]:
    """Write a file that only its owner may read. It gets its name when the block ends; after a failure, nothing remains.

    `-` is stdout; a name that ends in `.gz` is compressed. Raises `FileError`.
    """
    try:
        with _stdout() if name == STDOUT else _file(Path(name)) as plain:
            if not name.endswith(".gz"):
                yield plain
                return
            with GzipFile(filename="", mode="wb", fileobj=plain, mtime=0) as compressed:
                yield cast("BinaryIO", compressed)
    except OSError as error:
        shown = "stdout" if name == STDOUT else name
        msg = f"{shown} can't be written: {error.strerror or error}."
        raise FileError(msg) from error


@contextmanager
def _stdout() -> Iterator[BinaryIO]:
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb", _BUFFER) as file:
        yield file


def _file(path: Path) -> AbstractContextManager[BinaryIO]:
    """Open the file behind a name: a link's target, and a device or pipe directly, because neither must be replaced."""
    target = path.resolve()
    if target.is_dir():
        raise IsADirectoryError(None, "it is a folder, not a file")
    if target.exists() and not target.is_file():
        return target.open("wb", _BUFFER)
    return _complete_or_gone(target)


@contextmanager
def _complete_or_gone(path: Path) -> Iterator[BinaryIO]:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "wb", _BUFFER) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            part.unlink()
        raise


@contextmanager
def read(path: Path) -> Iterator[BinaryIO]:
    """Read a file, compressed or not, any number of times; raises `FileError` if that fails."""
    try:
        with path.open("rb", _BUFFER) as plain:
            if not plain.seekable():
                msg = f"{path} can be read only once, but the import reads it twice. Write it to a file first."
                raise FileError(msg)
            compressed = plain.read(len(_GZIP)) == _GZIP
            plain.seek(0)
            yield cast("BinaryIO", GzipFile(fileobj=plain)) if compressed else plain
    except OSError as error:
        msg = f"{path} can't be read: {error.strerror or error}."
        raise FileError(msg) from error


def read_text(path: Path) -> str:
    """Return a small file's text; raises `FileError`."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path} can't be read: {getattr(error, 'strerror', None) or 'it is not text'}."
        raise FileError(msg) from error
