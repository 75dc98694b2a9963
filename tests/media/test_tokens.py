"""Addresses for carriers: signed, the same for each repeat of a send, and only for a time (R46)."""

from datetime import timedelta
from io import BytesIO

import pytest
from msgspec.structs import asdict, replace

from groupchat.aggregates.group_events import Media
from groupchat.aggregates.media import MediaStored, is_ours, urn
from groupchat.media.checking import check
from groupchat.media.folder import Folder
from groupchat.media.library import Library
from groupchat.media.port import MediaStoreError
from groupchat.media.tokens import VALID, Grant, read_key, read_token, token
from tests.media.files import noise, picture
from tests.support.builders import moment

KEY = b"k" * 32
PREFIX = "https://chat.example/media/"
UPLOADED = Media(url=urn("med_1"), content_type="image/png", media_id="med_1", size=900_000)
ELSEWHERE = Media(url="https://example.com/a.png", content_type="image/png")
LATER = moment(0) + VALID


def test_a_token_grants_one_file_until_its_end_R46():
    written = token(KEY, "med_1", 600_000, moment(0))

    assert read_token(KEY, written, LATER - timedelta(seconds=1)) == Grant("med_1", 600_000, int(LATER.timestamp()))
    assert read_token(KEY, written, LATER) is None


def test_a_token_can_be_neither_changed_nor_guessed_R46():
    written = token(KEY, "med_1", 600_000, moment(0))
    forged = [
        "",
        ".",
        "...",
        "med_1.1.99999999999.",
        written[:-1],
        written.replace("med_1", "med_2"),
        written + "A",
        "\u0661" + written,
    ]
    forged.append(token(b"x" * 32, "med_1", 600_000, moment(0)))

    assert [read_token(KEY, each, moment(0)) for each in forged] == [None] * len(forged)


async def test_repeats_of_a_send_have_the_same_addresses_even_in_another_process_R46(tmp_path):
    first = await Library(Folder(tmp_path), PREFIX).addressed([UPLOADED, ELSEWHERE], moment(5))
    again = await Library(Folder(tmp_path), PREFIX).addressed([UPLOADED, ELSEWHERE], moment(5))

    assert first == again
    assert first[0].url.startswith(PREFIX)
    assert first[1] == ELSEWHERE
    assert not is_ours(ELSEWHERE)


async def test_pictures_of_a_message_share_the_room_R46(tmp_path):
    library = Library(Folder(tmp_path), PREFIX)
    both = await library.addressed([UPLOADED, replace(UPLOADED, media_id="med_2", url=urn("med_2"))], moment(0))

    grants = [await library.granted(each.url.removeprefix(PREFIX), moment(1)) for each in both]
    assert [(each.media_id, each.most) for each in grants if each] == [("med_1", 300_000), ("med_2", 300_000)]


async def test_all_processes_get_the_key_of_the_first_R46(tmp_path):
    assert await read_key(Folder(tmp_path)) == await read_key(Folder(tmp_path))


async def kept(folder: Folder, content: BytesIO) -> MediaStored:
    judged = check(content)
    await folder.put(judged.facts.sha256, judged.file)
    return MediaStored(media_id="med_1", **asdict(judged.facts))


async def test_a_carrier_gets_a_large_picture_smaller_and_a_small_one_as_it_is_R46(tmp_path):
    folder = Folder(tmp_path)
    library = Library(folder, PREFIX)
    large, small = await kept(folder, noise(600)), await kept(folder, picture("PNG"))

    version = await library.for_carrier(large, 100_000)
    assert version.content_type == "image/jpeg"
    assert version.size <= 100_000
    assert await library.for_carrier(large, 100_000) == version
    assert (await library.for_carrier(small, 100_000)).name == small.sha256


async def test_carriers_get_webp_as_jpeg_R46(tmp_path):
    folder = Folder(tmp_path)
    version = await Library(folder, PREFIX).for_carrier(await kept(folder, picture("WEBP")), 100_000)
    assert version.content_type == "image/jpeg"


async def test_a_file_that_the_store_has_lost_is_a_clear_error_R46(tmp_path):
    lost = MediaStored(media_id="med_1", sha256="ab" * 32, content_type="image/png", size=5)
    with pytest.raises(MediaStoreError, match="Restore it from a backup"):
        await Library(Folder(tmp_path), PREFIX).whole(lost)
