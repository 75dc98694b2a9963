"""What every media store does (R46)."""

from io import BytesIO

import pytest

from groupchat.media.bucket import Bucket
from groupchat.media.folder import Folder
from groupchat.media.opening import open_store
from groupchat.media.port import PIECE_BYTES, MediaStore, MediaStoreError
from tests.support.s3 import BUCKET, ENVIRONMENT, s3_address

__all__ = ["s3_address"]

NOBODY = "http://127.0.0.1:1"

NAME = "cd" * 32
CONTENT = bytes(range(256)) * 1_000


@pytest.fixture(params=["folder", "bucket"])
def store(request, tmp_path) -> MediaStore:
    if request.param == "folder":
        return Folder(tmp_path)
    address = request.getfixturevalue("s3_address")
    return Bucket(BUCKET, tmp_path.name, ENVIRONMENT | {"AWS_ENDPOINT_URL_S3": address})


async def content(store: MediaStore, first: int = 0, last: int | None = None) -> bytes:
    return b"".join([piece async for piece in store.read(NAME, first, last)])


async def test_a_file_is_kept_whole_R46(store):
    file = BytesIO(CONTENT)
    file.seek(100)  # as the code that judged it leaves it
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


async def test_credentials_that_are_missing_are_named_R46():
    with pytest.raises(MediaStoreError, match="also set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION"):
        Bucket(BUCKET, "", {})


async def test_an_endpoint_that_is_not_a_web_address_is_rejected_R46():
    for wrong in ("s3.example.com", "https:///bucket"):
        with pytest.raises(MediaStoreError, match="AWS_ENDPOINT_URL_S3 is not a web address"):
            Bucket(BUCKET, "", ENVIRONMENT | {"AWS_ENDPOINT_URL_S3": wrong})


async def test_a_wrong_secret_and_a_wrong_bucket_are_clear_errors_R46(s3_address):
    given = ENVIRONMENT | {"AWS_ENDPOINT_URL_S3": s3_address}
    for bucket, changes in ((BUCKET, {"AWS_SECRET_ACCESS_KEY": "wrong"}), ("none", {}), (BUCKET, {"AWS_ENDPOINT_URL_S3": NOBODY})):
        with pytest.raises(MediaStoreError, match=rf"(?s)The media store s3://{bucket} can't be written.*Check .*the credentials"):
            await Bucket(bucket, "", given | changes).check()


@pytest.mark.parametrize("address", ["ftp://x/y", "file://host/folder", "s3://", "s3:///x", "media"])
async def test_an_address_that_is_not_a_media_store_is_a_clear_error_R46(address: str):
    with pytest.raises(MediaStoreError, match="Use file:///FOLDER or s3://BUCKET/PREFIX"):
        open_store(address, "sqlite:///groupchat.db", {})


async def test_the_default_is_a_folder_beside_the_database_R46():
    assert open_store(None, "sqlite:////var/lib/chat.db", {}).name == "/var/lib/groupchat-media"
    assert open_store(None, "postgresql://u@h/d", {}).name == "groupchat-media"
    assert open_store("file:///srv/my%20media", "", {}).name == "/srv/my media"
