"""Pictures: decoding them, which is the real check, removing hidden data, and making them smaller (R46).

These functions block, and run with `in_turn`. A picture with more than 50 million pixels is refused before it is decoded, so a
small file can't fill the memory.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from typing import IO, ParamSpec, TypeVar

from msgspec import Struct
from PIL import Image, ImageCms, ImageOps

from groupchat.media.kinds import GIF, JPEG, PNG, WEBP, MediaTypeError

MOST_PIXELS = 50_000_000
"""Four bytes each when decoded, so 200 MB, and twice that while a picture is turned."""
THUMBNAIL_PIXELS = 320
_FORMATS = {JPEG: "JPEG", PNG: "PNG", GIF: "GIF", WEBP: "WEBP"}
_SIDES = (2048, 1600, 1280, 1024, 800, 640, 480, 320, 240, 160)
_QUALITIES = (85, 70, 55)
_ORIENTATION = 0x0112
"""The field of EXIF that says how to turn a picture."""
_ON_THE_SIDE = {5, 6, 7, 8}
_REDUCIBLE = {"L", "RGB", "RGBA", "CMYK"}
_SRGB = ImageCms.createProfile("sRGB")
_THREADS = ThreadPoolExecutor(1, thread_name_prefix="pictures")
"""One of their own: each picture needs much memory, and many at once would take all threads of the database."""
Image.MAX_IMAGE_PIXELS = MOST_PIXELS


P = ParamSpec("P")
T = TypeVar("T")


async def in_turn(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Call a function in the thread for pictures, as soon as it is free."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, partial(work, *arguments, **named))


class Picture(Struct, frozen=True):
    """The size of a picture as people see it, in pixels."""

    width: int
    height: int


def look(file: IO[bytes], content_type: str) -> Picture:
    """Decode a picture completely; raises `MediaTypeError` for a damaged one, or one that is too large."""
    with _opened(file, content_type) as image:
        turned = image.getexif().get(_ORIENTATION, 1) in _ON_THE_SIDE
        width, height = (image.height, image.width) if turned else image.size
        for frame in range(getattr(image, "n_frames", 1)):
            image.seek(frame)
            image.load()
            if (frame + 1) * image.width * image.height > MOST_PIXELS:
                raise _too_large()
    return Picture(width, height)


def cleaned(file: IO[bytes], content_type: str) -> IO[bytes]:
    """Return the same picture without metadata, such as the place where it was taken, and turned upright."""
    with _opened(file, content_type) as image:
        if content_type in {GIF, WEBP} and getattr(image, "n_frames", 1) > 1:
            written = BytesIO()
            image.save(written, _FORMATS[content_type], save_all=True, exif=b"", xmp=b"", comment=b"")
            return written
        ImageOps.exif_transpose(image, in_place=True)
        return BytesIO(_encoded(_in_srgb(image), content_type, 92))


def thumbnail(file: IO[bytes], content_type: str) -> IO[bytes]:
    """Return a small version of a picture, as JPEG."""
    with _opened(file, content_type) as image:
        return BytesIO(_encoded(_scaled(image, THUMBNAIL_PIXELS), JPEG, 80))


def fitted(file: IO[bytes], content_type: str, most: int) -> IO[bytes] | None:
    """Return a picture as JPEG with up to so many bytes, as large as fits; none if not even a tiny one fits."""
    with _opened(file, content_type) as image:
        for side in _SIDES:
            smaller = _scaled(image, side)
            for quality in _QUALITIES:
                if len(written := _encoded(smaller, JPEG, quality)) <= most:
                    return BytesIO(written)
    return None


@contextmanager
def _opened(file: IO[bytes], content_type: str) -> Iterator[Image.Image]:
    file.seek(0)
    try:
        with Image.open(file, formats=[_FORMATS[content_type]]) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _too_large()
            yield image
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise _too_large() from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError) as error:
        msg = f"This {content_type} can't be decoded: it is damaged or incomplete."
        raise MediaTypeError(msg) from error


def _too_large() -> MediaTypeError:
    return MediaTypeError(f"This picture has more than {MOST_PIXELS:,} pixels.")


def _scaled(image: Image.Image, side: int) -> Image.Image:
    """Return a picture turned upright, with no side longer than this. It gets smaller before it is copied, to save memory."""
    image.draft("RGB", (side, side))
    whole = image if image.mode in _REDUCIBLE else image.convert("RGBA")
    smaller = whole.reduce(max(max(image.size) // side, 1))
    upright = ImageOps.exif_transpose(_in_srgb(smaller)).convert("RGBA")
    flat = Image.new("RGB", upright.size, "white")
    flat.paste(upright, mask=upright)
    flat.thumbnail((side, side))
    return flat


def _in_srgb(image: Image.Image) -> Image.Image:
    """Return a picture with the colors that its profile gives it, in the colors of the web, because the profile is dropped."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "RGBA", "CMYK"}:
        return image
    opaque = image.convert("RGB") if image.mode == "RGBA" else image
    try:
        found = ImageCms.profileToProfile(opaque, BytesIO(profile), _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):  # the profile is damaged, or that of another kind of picture
        return image
    if found is None:
        return image
    if image.mode == "RGBA":
        found.putalpha(image.getchannel("A"))
    found.info = {name: value for name, value in image.info.items() if name != "icc_profile"}
    return found


def _encoded(image: Image.Image, content_type: str, quality: int) -> bytes:
    """Return the bytes of a picture in a format, and drop its metadata. Which color of a palette is transparent is not metadata."""
    if content_type == JPEG and image.mode not in {"L", "RGB", "CMYK"}:
        image = image.convert("RGB")
    image.info = {name: value for name, value in image.info.items() if name == "transparency"}
    written = BytesIO()
    image.save(written, _FORMATS[content_type], quality=quality, optimize=content_type in {JPEG, PNG}, icc_profile=None)
    return written.getvalue()
