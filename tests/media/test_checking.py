"""Files are judged by their content, and pictures are decoded (R46)."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from groupchat.media.checking import check
from groupchat.media.kinds import TYPES, MediaTypeError
from tests.media.files import BY_TYPE, GPS, ORIENTATION, photo, picture

HARMFUL = {
    "html": b"<!DOCTYPE html><script>alert(1)</script>",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "a program": b"MZ" + b"\0" * 100,
    "an archive": b"PK\3\4" + b"\0" * 100,
    "text": b"hello",
    "nothing": b"",
    "an unknown brand": b"\0\0\0\x18ftypheic" + b"\0" * 40,
    "half a beginning": b"\x89PNG",
}


def test_each_listed_type_is_recognized_R46():
    assert BY_TYPE.keys() == set(TYPES)
    for type_, content in BY_TYPE.items():
        assert check(BytesIO(content)).facts.content_type == type_


def test_sound_without_a_header_is_recognized_R46():
    assert check(BytesIO(b"\xff\xfb\x90\0" * 40)).facts.content_type == "audio/mpeg"


@pytest.mark.parametrize("content", HARMFUL.values(), ids=HARMFUL.keys())
def test_other_content_is_refused_R46(content: bytes):
    with pytest.raises(MediaTypeError):
        check(BytesIO(content))


def test_an_empty_file_is_refused_as_one_R46():
    with pytest.raises(MediaTypeError, match="empty"):
        check(BytesIO())


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP"])
def test_a_truncated_picture_is_refused_R46(form: str):
    whole = picture(form, (400, 400)).getvalue()
    with pytest.raises(MediaTypeError, match="damaged"):
        check(BytesIO(whole[: len(whole) * 2 // 3]))


def test_a_script_that_begins_like_a_picture_is_refused_R46():
    with pytest.raises(MediaTypeError, match="damaged"):
        check(BytesIO(b"GIF89a/*<script>alert(1)</script>*/"))


def test_a_small_file_with_a_huge_picture_is_refused_before_it_is_decoded_R46():
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""))
    )
    with pytest.raises(MediaTypeError, match="50,000,000 pixels"):
        check(BytesIO(b"\x89PNG\r\n\x1a\n" + chunks))


def test_a_pictures_size_is_that_which_people_see_R46():
    checked = check(photo(orientation=6))
    assert (checked.facts.width, checked.facts.height) == (20, 40)


def test_an_uploaded_photo_is_turned_and_loses_its_place_R46():
    checked = check(photo(orientation=6), clean=True)

    with Image.open(checked.file) as image:
        assert image.size == (20, 40)
        assert ORIENTATION not in image.getexif()
        assert GPS not in image.getexif()
        assert "comment" not in image.info


@pytest.mark.parametrize("form", ["PNG", "GIF"])
def test_an_uploaded_picture_stays_transparent_where_it_was_R46(form: str):
    given = BytesIO()
    image = Image.new("P", (4, 4), 1)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((0, 0), 0)
    image.save(given, form, transparency=0)

    with Image.open(check(given, clean=True).file) as kept:
        assert [kept.convert("RGBA").getpixel(place)[3] for place in ((0, 0), (1, 1))] == [0, 255]


def test_what_people_send_is_kept_as_it_came_R46():
    sent = photo()
    checked = check(sent)
    checked.file.seek(0)
    assert checked.file.read() == sent.getvalue()
    assert checked.facts.size == len(sent.getvalue())


def test_the_same_upload_gets_the_same_name_R46():
    assert check(photo(), clean=True).facts.sha256 == check(photo(), clean=True).facts.sha256


def test_an_animation_keeps_its_frames_R46():
    frames = [Image.new("RGB", (9, 9), color) for color in ("red", "blue", "green")]
    moving = BytesIO()
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:], comment=b"a secret")

    with Image.open(check(moving, clean=True).file) as image:
        assert image.n_frames == len(frames)
        assert not image.info.get("comment")
