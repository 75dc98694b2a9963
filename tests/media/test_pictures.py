"""Pictures get smaller where they don't fit, and take no threads of others (R46)."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from PIL import Image

from groupchat.media.pictures import THUMBNAIL_PIXELS, fitted, in_turn, thumbnail
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
