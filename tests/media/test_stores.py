"""What every media store does (R46)."""

from io import BytesIO

import pytest

from groupchat.media.folder import Folder
from groupchat.media.port import PIECE_BYTES, MediaStore, MediaStoreError

NAME = "cd" * 32
CONTENT = bytes(range(256)) * 1_000


@pytest.fixture(params=["folder"])
def store(request, tmp_path) -> MediaStore:
    return Folder(tmp_path)


async def content(store: MediaStore, first: int = 0, last: int | None = None) -> bytes:
    return b"".join([piece async for piece in store.read(NAME, first, last)])


async def test_a_file_is_kept_whole_R46(store):
    file = BytesIO(CONTENT)
    file.seek(100)  # whoever judged it has read it
    await store.check()
    await store.put(NAME, file)

    assert await store.size(NAME) == len(CONTENT)
    assert await content(store) == CONTENT


async def test_parts_of_a_file_can_be_read_R46(store):
    await store.put(NAME, BytesIO(CONTENT))

    assert await content(store, 5, 5) == CONTENT[5:6]
    assert await content(store, 10, PIECE_BYTES + 20) == CONTENT[10 : PIECE_BYTES + 21]
    assert await content(store, len(CONTENT) - 3) == CONTENT[-3:]


async def test_putting_a_file_again_changes_nothing_R46(store):
    await store.put(NAME, BytesIO(CONTENT))
    await store.put(NAME, BytesIO(CONTENT))
    assert await content(store) == CONTENT


async def test_versions_of_a_file_are_beside_it_R46(store):
    await store.put(f"{NAME}.thumbnail", BytesIO(b"small"))
    assert await store.size(f"{NAME}.thumbnail") == len(b"small")
    assert await store.size(NAME) is None


async def test_a_file_that_is_not_there_is_a_clear_error_R46(store):
    with pytest.raises(MediaStoreError):
        await content(store)
