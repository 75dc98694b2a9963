"""Files of messages: uploading, and serving them to callers and carriers (R46)."""

import re
from typing import Annotated, Literal

import structlog
from msgspec import Meta, Struct
from msgspec.structs import asdict

from groupchat.aggregates.media import MediaStored, missing
from groupchat.commands import media as commands
from groupchat.commands.caller import Caller
from groupchat.http.calls.call import Call
from groupchat.http.calls.handled import Handled
from groupchat.http.calls.positions import read_min_position
from groupchat.http.calls.spec import EVERYWHERE
from groupchat.http.documents import examples
from groupchat.http.guards import permits
from groupchat.http.inputs.parameters import QueryParameters
from groupchat.http.refusals import MediaUnavailableError
from groupchat.http.services import Services
from groupchat.http.web.codec import decode_query, read_file, read_path
from groupchat.http.web.operation import Body, Content, NoQuery, Operation, Response
from groupchat.http.web.reply import JSON, Pieces, Reply, encode_json
from groupchat.http.web.request import Headers, Incoming
from groupchat.media.checking import check
from groupchat.media.library import Version
from groupchat.media.pictures import in_turn
from groupchat.media.port import MediaStoreError
from groupchat.queries import media as queries
from groupchat.store.terms import NO_TERMS
from groupchat.values.errors import described

log = structlog.get_logger()

PATH = "/v1/media"
ONE = f"{PATH}/{{media_id}}"
FOR_CARRIERS = "/media/"
MAX_MEDIA_BYTES = 25 * 1_048_576
_FILE = Annotated[str, Meta(extra_json_schema={"format": "binary"})]
_FORM = {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}
_RANGE = re.compile(rb"bytes=(\d{1,12})-(\d{0,12})")
_SHOWN = ("image/", "audio/", "video/")
"""The types that a browser shows by itself. Others are downloads, so that they can't do anything in our name."""
_SAFE: Headers = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"),
    (b"accept-ranges", b"bytes"),
)
"""What browsers show runs no scripts, whatever it has in it."""


class UploadedFile(Struct, frozen=True, kw_only=True):
    """A file that is kept. `content_type` was judged by the content; a picture has a width and height, in pixels."""

    id: str
    url: str
    content_type: str
    size: int
    sha256: str
    width: int | None = None
    height: int | None = None


class MediaQuery(QueryParameters, frozen=True, kw_only=True):
    """Which version of the file."""

    thumbnail: Annotated[Literal["true", "false"], Meta(description="Get a small JPEG of a picture.")] = "false"


async def _upload(services: Services, incoming: Incoming, who: Caller) -> Reply:
    await permits.writes.judge(services.views, who, {})
    decode_query(NoQuery, incoming.scope["query_string"])
    try:
        with await read_file(incoming, services.body_seconds, MAX_MEDIA_BYTES) as file:
            judged = await in_turn(check, file, clean=True)
            await services.media.store.put(judged.facts.sha256, judged.file)
    except (MediaStoreError, OSError) as error:  # the latter of the folder for temporary files, such as a full disk
        log.warning("upload_not_kept", error=described(error))
        raise MediaUnavailableError from error
    call = Call(services, who, {}, NO_TERMS)
    done = await call.run(commands.upload, judged.facts)
    shown = UploadedFile(id=done.value, url=f"{PATH}/{done.value}", **asdict(judged.facts))
    headers = ((b"location", shown.url.encode()), (b"groupchat-position", b"%d" % done.position))
    return Reply(201, encode_json(shown), JSON, headers)


async def _read(services: Services, incoming: Incoming, who: Caller) -> Reply:
    file = await queries.visible(services.store, who, read_path(incoming)["media_id"])
    query = decode_query(MediaQuery, incoming.scope["query_string"])
    if position := read_min_position(incoming.headers):
        await services.views.wait_for((), position)
    return await _served(services, incoming, file, thumbnail=query.thumbnail == "true")


async def _served(services: Services, incoming: Incoming, file: MediaStored, *, thumbnail: bool) -> Reply:
    library = services.media
    try:
        version = await (library.thumbnail(file) if thumbnail else library.whole(file))
    except MediaStoreError as error:
        raise MediaUnavailableError from error
    return _pieces(services, incoming, version, b"private, max-age=31536000, immutable")


async def serve_carrier(services: Services, incoming: Incoming) -> Reply:
    """Send a file to a carrier that has a signed address; anything else finds nothing."""
    try:
        grant = await services.media.granted(read_path(incoming)["token"], services.store.now())
        file = None if grant is None else await queries.kept(services.store, grant.media_id)
        if grant is None or file is None:
            raise missing()
        version = await services.media.for_carrier(file, grant.most)
    except MediaStoreError as error:
        raise MediaUnavailableError from error
    return _pieces(services, incoming, version, b"private, max-age=3600")


def _pieces(services: Services, incoming: Incoming, version: Version, caching: bytes) -> Reply:
    """Return a version of a file, or the part of it that the request's `Range` names."""
    etag = f'"{version.name}"'.encode()
    headers = ((b"etag", etag), (b"cache-control", caching), *_SAFE)
    if incoming.headers.get(b"if-none-match") == etag:
        return Reply(304, headers=headers)
    if not version.content_type.startswith(_SHOWN):
        headers += ((b"content-disposition", b"attachment"),)
    first, last = _part(incoming.headers.get(b"range", b""), version.size)
    whole = last - first + 1 == version.size
    if not whole:
        headers += ((b"content-range", b"bytes %d-%d/%d" % (first, last, version.size)),)
    return Pieces(
        200 if whole else 206,
        content_type=version.content_type.encode(),
        headers=(*headers, (b"content-length", b"%d" % (last - first + 1))),
        pieces=lambda: services.media.store.read(version.name, first, last),
    )


def _part(header: bytes, size: int) -> tuple[int, int]:
    """Return the first and last byte that a `Range` names; a range that is not one, or not in the file, is ignored (RFC 9110)."""
    found = _RANGE.fullmatch(header)
    if found is None or int(found[1]) >= size:
        return 0, size - 1
    last = min(int(found[2] or size), size - 1)
    return (int(found[1]), last) if int(found[1]) <= last else (0, size - 1)


UPLOADING = """\
Keep a file of up to 25 MiB, to send it in a message by its id (R46). The body is the file, or a form (`multipart/form-data`) with
one field, `file`. The file's type is judged by its content, whatever type the request names. A picture is kept without metadata,
such as the place where it was taken."""

READING = """\
Get a file that you uploaded, or that is in a conversation that you can see (R22). `Range` gets a part of it. A file that is not an
image, audio or video is a download."""

_BINARY = Content(schema={"type": "string", "format": "binary"}, example="(the file)")

upload_media = Handled(
    Operation(
        method="POST",
        path=PATH,
        name="upload_media",
        summary="Upload a file",
        description=UPLOADING,
        tag="messages",
        body=Body(
            type=_FILE,
            media="application/octet-stream",
            examples={"card": "BEGIN:VCARD"},
            others={"multipart/form-data": _FORM},
        ),
        responses=(
            Response(
                status=201,
                description="The file is kept.",
                contents={"application/json": Content(shape=UploadedFile, example=examples.UPLOADED_FILE)},
                headers={"Location": "Location", "Groupchat-Position": "Position"},
            ),
        ),
        problems=(
            *EVERYWHERE,
            "not-permitted",
            "media-type",
            "media-unavailable",
            "payload-too-large",
            "request-timeout",
            "unsupported-encoding",
        ),
    ),
    _upload,
)
read_media = Handled(
    Operation(
        method="GET",
        path=ONE,
        name="read_media",
        summary="Get a file",
        description=READING,
        tag="messages",
        query=MediaQuery,
        parameters=("MinPosition",),
        responses=(
            Response(status=200, description="The file.", contents={"*/*": _BINARY}),
            Response(status=206, description="The part of the file that Range names.", contents={"*/*": _BINARY}),
            Response(status=304, description="The file that If-None-Match names.", contents={}),
        ),
        problems=(*EVERYWHERE, "not-found", "media-unavailable", "position-ahead", "projection-behind"),
    ),
    _read,
)
