"""Reading a request: its body, its query and its path, each into the expected type.

A value that does not fit raises `InvalidRequestError` with its place (`participants.0.number`).
"""

import asyncio
import re
from collections.abc import AsyncIterator
from tempfile import SpooledTemporaryFile
from typing import IO, Any, TypeVar
from urllib.parse import parse_qsl, unquote_to_bytes

import msgspec

from groupchat.http.web.forms import AROUND_BYTES, writer_of
from groupchat.http.web.refusals import (
    BODY_SECONDS,
    MAX_BODY_BYTES,
    MAX_FILE_BYTES,
    ClientGoneError,
    EncodedBodyError,
    PayloadTooLargeError,
    RequestTimeoutError,
)
from groupchat.http.web.request import Incoming
from groupchat.http.web.takes import fields, takes
from groupchat.values.errors import FaultCode, InvalidRequestError

T = TypeVar("T")

_PLACE = re.compile(r"^(?P<detail>.*?)(?: - at `\$\.?(?P<place>.*)`)?$", re.DOTALL)
_FIELD = re.compile(r"(?:missing required|unknown|^in) field `(?P<field>[^`]*)`")
_CODES: dict[FaultCode, str] = {
    "missing": r"^Object missing required",
    "unknown-field": r"^Object contains unknown",
    "out-of-range": r"^Expected `\w+` (of length )?(<|>|multiple)|out of range",
    "bad-format": r"matching regex|^Invalid (RFC3339|date|datetime)|timezone",
    "wrong-type": r"^Expected `|^Invalid (enum|value)",
}
"""The beginnings of the parser's messages, for each kind of error."""
_NO_NUL = "regex '^[^\\\\x00]*$'"
"""The end of the parser's message for a text that may have any character but NUL."""
_MAX_QUERY_FIELDS = 50


# --- body


async def read_body(incoming: Incoming, seconds: float = BODY_SECONDS) -> bytes:
    """Return the body.

    Raises `EncodedBodyError` for a compressed one, `RequestTimeoutError` after so many seconds, and `PayloadTooLargeError` as soon
    as the body exceeds the limit, even if it comes in chunks.
    """
    if incoming.headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise EncodedBodyError
    announced = incoming.headers.get(b"content-length", b"0")
    if announced.isdigit() and int(announced) > MAX_BODY_BYTES:
        raise PayloadTooLargeError
    try:
        async with asyncio.timeout(seconds):
            body = await _receive_body(incoming)
    except TimeoutError as error:
        raise RequestTimeoutError(seconds) from error
    if len(body) > MAX_BODY_BYTES:
        raise PayloadTooLargeError
    return body


async def _receive_body(incoming: Incoming) -> bytes:
    message = await incoming.receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body", False) and len(body) <= MAX_BODY_BYTES:
        message = await incoming.receive()
        body += message.get("body", b"")
    if message["type"] == "http.disconnect":
        raise ClientGoneError
    return body


async def read_file(incoming: Incoming, seconds: float = BODY_SECONDS, most: int = MAX_FILE_BYTES) -> IO[bytes]:
    """Return the body as a file on the disk, at its beginning; of a form, the file in it.

    Raises `EncodedBodyError`, `PayloadTooLargeError`, `RequestTimeoutError` if nothing arrives for so many seconds, and
    `InvalidRequestError` for a form without a single file.
    """
    if incoming.headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise EncodedBodyError
    announced = incoming.headers.get(b"content-length", b"0")
    _require_room(int(announced) - AROUND_BYTES if announced.isdigit() else 0, most)
    file: IO[bytes] = SpooledTemporaryFile(max_size=MAX_BODY_BYTES)  # noqa: SIM115 - it is gone when nobody has it any more
    try:
        write, finish = writer_of(incoming.headers.get(b"content-type", b""), file)
        received = 0
        async for piece in _pieces(incoming, seconds):
            received += len(piece)
            write(piece)
            _require_room(max(file.tell(), received - AROUND_BYTES), most)  # of a form, not everything is written
        finish()
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _require_room(size: int, most: int) -> None:
    if size > most:
        raise PayloadTooLargeError(most)


async def _pieces(incoming: Incoming, seconds: float) -> AsyncIterator[bytes]:
    more = True
    while more:
        try:
            async with asyncio.timeout(seconds):
                message = await incoming.receive()
        except TimeoutError as error:
            raise RequestTimeoutError(seconds) from error
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        yield message.get("body", b"")
        more = message.get("more_body", False)


def decode_body(decoder: msgspec.json.Decoder[T], incoming: Incoming, body: bytes) -> T:
    """Return the body as its type; raises `InvalidRequestError`."""
    content_type = incoming.headers.get(b"content-type", b"")
    if content_type != b"application/json" and content_type.partition(b";")[0].strip().lower() != b"application/json":
        raise InvalidRequestError("content-type", "Send the body as application/json.", "unreadable")
    if not body:
        raise InvalidRequestError("body", "The body is empty. Send a JSON object.", "unreadable")
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise misfit(error, decoder.type) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequestError("body", f"The body is not JSON in UTF-8 ({_reason(error)}).", "unreadable") from error


# --- query and path


def decode_query(query_type: type[T], query: bytes) -> T:
    """Return the query parameters as their type; raises `InvalidRequestError` for an unknown, repeated or invalid one."""
    try:
        pairs = parse_qsl(query.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MAX_QUERY_FIELDS)
    except ValueError as error:  # UnicodeDecodeError is one
        raise InvalidRequestError(
            "query", "The query can't be read. Escape it as UTF-8, and send at most 50 parameters.", "unreadable"
        ) from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        repeated = next(name for name in fields if sum(name == other for other, _ in pairs) > 1)
        raise InvalidRequestError(f"query.{repeated}", "This parameter appears more than once.", "repeated")
    try:
        return msgspec.convert(fields, query_type, strict=False)
    except msgspec.ValidationError as error:
        raise misfit(error, query_type, "query") from error


def read_path(incoming: Incoming) -> dict[str, str]:
    """Return the path's parameters; raises `InvalidRequestError` for bytes that no id has: NUL, or anything but UTF-8."""
    raw: bytes = incoming.scope.get("raw_path") or b""
    parameters: dict[str, str] = incoming.scope["path_params"]
    if b"%" in raw:
        try:
            path = unquote_to_bytes(raw).decode()
        except UnicodeDecodeError as error:
            raise InvalidRequestError("path", "The path is not UTF-8.", "unreadable") from error
        if "\0" in path:
            raise InvalidRequestError("path", "The path has a NUL character.", "bad-format")
    return parameters


def misfit(error: Exception, shape: Any, under: str = "") -> InvalidRequestError:
    """Return the refusal for a value that does not fit its type (`shape`), with its place, below `under`."""
    found = _PLACE.match(str(error))
    message, place = (found["detail"], found["place"] or "") if found else (str(error), "")
    place = place.replace("[...]", "").replace("[", ".").replace("]", "")
    if field := _FIELD.search(message):
        place = f"{place}.{field['field']}"
        message = message.removeprefix(f"in field `{field['field']}`: ")
    place = place.strip(".")
    code = _code(message)
    loc = ".".join(part for part in (under, place) if part)
    return InvalidRequestError(loc or "body", _plain(message, code, shape, place), code)


def _code(message: str) -> FaultCode:
    return next((code for code, pattern in _CODES.items() if re.search(pattern, message)), "not-allowed")


def _plain(message: str, code: FaultCode, shape: Any, place: str) -> str:
    if code == "missing":
        return "This field is required."
    if code == "unknown-field":
        known = "" if "." in place else ", ".join(fields(shape))
        return f"This is not known here. Use one of {known}." if known else "This is not known here."
    if message.endswith(_NO_NUL):
        return "This contains NUL, which is not allowed."
    words = None if code == "not-allowed" else takes(shape, place)
    return f"{message.rstrip('.')}." if words is None else f"This takes {words}."


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it has bytes that are not UTF-8"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
