"""Files that commands write: they are complete or absent, and no other file is replaced."""

import os
import stat
from pathlib import Path
from threading import Thread

import pytest

from groupchat.cli.files import FileError, written


def test_a_file_has_its_name_when_it_is_complete_and_only_its_owner_may_read_it(tmp_path):
    with written(str(tmp_path / "out")) as file:
        file.write(b"hello")
        assert not (tmp_path / "out").exists()
    assert (tmp_path / "out").read_bytes() == b"hello"
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o600


def test_a_failed_write_leaves_the_old_file(tmp_path):
    (tmp_path / "out").write_bytes(b"before")
    with pytest.raises(TypeError), written(str(tmp_path / "out")) as file:
        file.writelines([b"half", None])
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("out", b"before")]


def test_a_link_stays_and_its_target_is_written(tmp_path):
    (tmp_path / "target").write_bytes(b"before")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with written(str(tmp_path / "link")) as file:
        file.write(b"after")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"after"


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    with written(str(pipe)) as file:
        file.write(b"hello")
    reader.join()
    assert got == [b"hello"]
    assert pipe.is_fifo()


def test_a_device_is_written_to_and_stays_a_device():
    with written(os.devnull) as file:
        file.write(b"hello")
    assert Path(os.devnull).is_char_device()


def test_a_folder_is_refused_with_an_explanation(tmp_path):
    with pytest.raises(FileError, match="it is a folder"), written(str(tmp_path)):
        pass
