"""The files of the simulated carrier's handsets, at addresses of its own. They are answered here, without a network.

Each name that ends in `.png`, `.jpg` or `.gif` is a picture that a handset took: a rectangle in a color that follows from the name.
All other files are missing, as when a carrier has deleted them.
"""

import asyncio
import hashlib
from io import BytesIO
from pathlib import PurePosixPath

import httpx
from PIL import Image

HOME = "https://media.simulator.invalid/"
"""The beginning of all its addresses. No real host has a name like this (RFC 2606)."""
_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".gif": "GIF"}
_SIZE = (320, 240)


class HandsetFiles(httpx.AsyncBaseTransport):
    """Answers requests for files, in place of the network."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the picture that an address names, or status 404."""
        name = PurePosixPath(request.url.path)
        if (form := _FORMATS.get(name.suffix.lower())) is None:
            return httpx.Response(404)
        content = await asyncio.to_thread(_drawn, name.stem, form)
        return httpx.Response(200, headers={"content-type": f"image/{form.lower()}"}, stream=httpx.ByteStream(content))


def _drawn(name: str, form: str) -> bytes:
    red, green, blue = hashlib.sha256(name.encode()).digest()[:3]
    written = BytesIO()
    Image.new("RGB", _SIZE, (red, green, blue)).save(written, form)
    return written.getvalue()
