"""Small files of each type, made here, so that no binary file is in the repository."""

from io import BytesIO

from PIL import Image

GPS = 0x8825
ORIENTATION = 0x0112


def picture(form: str = "JPEG", size: tuple[int, int] = (40, 20), **more: object) -> BytesIO:
    """Return a picture that is red on the left and blue on the right."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    written = BytesIO()
    image.save(written, form, **more)
    return written


def photo(orientation: int = 6) -> BytesIO:
    """Return a photo as a phone makes it: lying on its side, with the place where it was taken."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[GPS] = {1: "N", 2: (37.0, 46.0, 30.0)}
    return picture(exif=exif, comment=b"a secret")


def noise(side: int) -> BytesIO:
    """Return a picture that can't be compressed well."""
    image = Image.effect_noise((side, side), 90).convert("RGB")
    written = BytesIO()
    image.save(written, "PNG")
    return written


def boxed(brand: bytes) -> bytes:
    """Return the beginning of a video or audio file with this major brand."""
    return b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0isommp42" + b"\0" * 40


BY_TYPE = {
    "image/jpeg": picture("JPEG").getvalue(),
    "image/png": picture("PNG").getvalue(),
    "image/gif": picture("GIF").getvalue(),
    "image/webp": picture("WEBP").getvalue(),
    "application/pdf": b"%PDF-1.7\n%%EOF\n",
    "audio/amr": b"#!AMR\n\x3c",
    "audio/amr-wb": b"#!AMR-WB\n\x3c",
    "audio/mpeg": b"ID3\x03\0\0\0\0\0\0",
    "audio/mp4": boxed(b"M4A "),
    "audio/ogg": b"OggS\0\x02" + b"\0" * 30,
    "video/mp4": boxed(b"mp42"),
    "video/3gpp": boxed(b"3gp5"),
    "video/3gpp2": boxed(b"3g2a"),
    "video/quicktime": boxed(b"qt  "),
    "text/vcard": b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann\r\nEND:VCARD\r\n",
}
