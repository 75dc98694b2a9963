"""Files in a folder: there completely, or not at all (R46)."""

import asyncio
import os
import resource
import signal
import sys
import time
from io import BytesIO
from pathlib import Path

import pytest

from groupchat.media.folder import Folder
from groupchat.media.port import MediaStoreError

NAME = "ab" * 32
INTERRUPTED = """
import asyncio, os, signal, sys
from pathlib import Path
from groupchat.media.folder import Folder

class Killing:
    left = 3
    def seek(self, place): ...
    def read(self, size):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return b"x" * size

asyncio.run(Folder(Path(sys.argv[1])).put(sys.argv[2], Killing()))
"""


async def test_a_killed_write_leaves_no_file_R46(tmp_path):
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", INTERRUPTED, str(tmp_path), NAME)
    assert await killed.wait() == -signal.SIGKILL

    folder = Folder(tmp_path)
    assert await folder.size(NAME) is None
    await folder.put(NAME, BytesIO(b"whole"))
    assert b"".join([piece async for piece in folder.read(NAME)]) == b"whole"


async def test_what_was_left_behind_is_removed_after_a_day_R46(tmp_path):
    left = tmp_path / "ab" / ".unfinished-1"
    left.parent.mkdir()
    left.write_bytes(b"half")
    await Folder(tmp_path).check()
    assert left.exists()

    os.utime(left, (time.time() - 90_000,) * 2)
    await Folder(tmp_path).check()
    assert not left.exists()


async def test_a_disk_without_space_is_a_clear_error_and_leaves_nothing_R46(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(MediaStoreError, match=r"can't be written: File too large"):
            await Folder(tmp_path).put(NAME, BytesIO(b"x" * 200_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []


async def test_a_folder_that_cannot_be_is_a_clear_error_R46(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(MediaStoreError, match=r"can't be written: Not a directory"):
        await Folder(tmp_path / "file" / "media").check()


@pytest.mark.parametrize("name", ["../../etc/passwd", "", NAME.upper(), f"{NAME}/x", f"{NAME}.", f"{NAME}.a/b", "ab"])
async def test_a_path_is_not_a_name_R46(tmp_path: Path, name: str):
    with pytest.raises(ValueError, match="not the name of a file"):
        await Folder(tmp_path).put(name, BytesIO(b"x"))
