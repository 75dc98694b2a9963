"""Files that handsets of the simulated carrier send: pictures that follow from their names, and nothing else."""

from io import BytesIO

import pytest

from groupchat.addresses import Addresses
from groupchat.carriers.simulator.files import HOME, HandsetFiles
from groupchat.media.checking import check
from groupchat.media.fetching import Fetcher, MediaSource, NotThereError

SOURCE = MediaSource(below=[HOME], answers=HandsetFiles(), kept_seconds=60.0)


async def fetched(name: str) -> BytesIO:
    file = BytesIO()
    await Fetcher({"simulator": SOURCE}, Addresses()).fetch("simulator", HOME + name, file)
    return file


@pytest.mark.parametrize(("name", "content_type"), [("a.png", "image/png"), ("a.JPG", "image/jpeg"), ("b/a.gif", "image/gif")])
async def test_a_name_is_a_picture_which_is_always_the_same_R46(name: str, content_type: str):
    first, again, another = await fetched(name), await fetched(name), await fetched(f"x{name.replace('/', '')}")

    assert check(first).facts.content_type == content_type
    assert first.getvalue() == again.getvalue() != another.getvalue()


async def test_any_other_file_is_missing_R46():
    with pytest.raises(NotThereError):
        await fetched("notes.txt")
