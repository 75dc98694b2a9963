"""Pictures get smaller where they don't fit, and take no threads of others (R46)."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Event

import pytest
from PIL import Image, ImageCms

from groupchat.media.pictures import THUMBNAIL_PIXELS, cleaned, fitted, in_turn, thumbnail
from tests.media.files import noise, photo, picture


def test_a_picture_is_made_as_small_as_it_has_to_be_R46():
    large = noise(900)
    for most in (300_000, 40_000):
        small = fitted(large, "image/png", most)
        assert small is not None
        assert most // 3 < len(small.read()) <= most


def test_a_picture_that_fits_nowhere_is_none_R46():
    assert fitted(noise(300), "image/png", 100) is None


def test_a_thumbnail_is_turned_the_way_that_people_see_it_R46():
    with Image.open(thumbnail(photo(orientation=6), "image/jpeg")) as image:
        assert image.size == (20, 40)
        red, _, blue = image.getpixel((10, 35 if image.getpixel((10, 5))[0] < 128 else 5))
        assert red > blue


def test_a_thumbnail_is_small_R46():
    with Image.open(thumbnail(picture("PNG", (2000, 500)), "image/png")) as image:
        assert image.size == (THUMBNAIL_PIXELS, THUMBNAIL_PIXELS // 4)


async def test_pictures_that_take_long_hold_up_no_thread_of_the_database_R46():
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    done = Event()
    decoding = [asyncio.ensure_future(in_turn(done.wait)) for _ in range(5)]
    await asyncio.to_thread(done.set)

    assert await asyncio.gather(*decoding) == [True] * 5


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_picture_keeps_its_colors_without_its_profile_R46(mode: str):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")  # red is green in it
    written = BytesIO()
    Image.new(mode, (40, 20), "red").save(written, "PNG", icc_profile=swapped)

    for shown in (cleaned(written, "image/png"), thumbnail(written, "image/png")):
        with Image.open(shown) as image:
            red, green, _ = image.convert("RGB").getpixel((5, 5))
            assert (red < 90, green > 200, "icc_profile" in image.info) == (True, True, False)


def test_a_damaged_profile_changes_nothing_R46():
    written = BytesIO()
    Image.new("RGB", (40, 20), "red").save(written, "PNG", icc_profile=b"damaged")

    with Image.open(cleaned(written, "image/png")) as image:
        assert image.convert("RGB").getpixel((5, 5)) == (255, 0, 0)
