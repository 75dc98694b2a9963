"""The media store that an address names."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from groupchat.media.bucket import Bucket
from groupchat.media.folder import Folder
from groupchat.media.port import MediaStore, MediaStoreError

FOLDER = "groupchat-media"


def open_store(address: str | None, database_url: str, environment: Mapping[str, str]) -> MediaStore:
    """Return the store at `file:///FOLDER` or `s3://BUCKET/PREFIX`; without an address, a folder beside an SQLite database.

    With Postgres, that is a folder in the directory in which the server runs. Raises `MediaStoreError`.
    """
    if address is None:
        database = Path(database_url.removeprefix("sqlite:///")) if database_url.startswith("sqlite:///") else Path()
        return Folder(database.parent / FOLDER)
    parts = urlsplit(address)
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        return Folder(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        return Bucket(parts.netloc, parts.path.strip("/"), environment)
    msg = "GROUPCHAT_MEDIA_URL is not a media store. Use file:///FOLDER or s3://BUCKET/PREFIX."
    raise MediaStoreError(msg)
