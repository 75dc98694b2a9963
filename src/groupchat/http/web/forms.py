"""The one file of a form, `multipart/form-data`, as browsers and `curl -F` send it; read piece by piece (RFC 7578).

The parser is python-multipart, which limits the headers of a part.
"""

from collections.abc import Callable
from typing import IO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from groupchat.values.errors import InvalidRequestError

FORM = b"multipart/form-data"
AROUND_BYTES = 16_384
"""What a form may have around its file: boundaries and the headers of the part."""
_FIELD = b"file"
_ADVICE = "Send one field, named file, such as with curl -F file=@picture.jpg."


class FormFile:
    """Writes the content of a form's only field to a file."""

    def __init__(self, content_type: bytes, file: IO[bytes]) -> None:
        """Prepare to read a form; raises `InvalidRequestError` if its boundary is missing."""
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if not boundary:
            msg = "The Content-Type names no boundary. Let your program set it; it knows the boundary of the form."
            raise InvalidRequestError("content-type", msg, "unreadable")
        self._file = file
        self._name, self._value = b"", b""
        self._parts, self._ended = 0, False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._header,
                "on_headers_finished": self._headers,
                "on_part_data": self._data,
                "on_end": self._end,
            },
        )
        self._field: bytes | None = None

    def write(self, piece: bytes) -> None:
        """Take the next piece of the form; raises `InvalidRequestError` if it is not one with a single file."""
        try:
            self._parser.write(piece)
        except FormParserError as error:
            msg = f"The body is not a form with the boundary that the Content-Type names. {_ADVICE}"
            raise InvalidRequestError("body", msg, "unreadable") from error

    def finish(self) -> None:
        """Raise `InvalidRequestError` unless the form had its end, and a file."""
        if not self._ended:
            msg = f"The form has no end: its last boundary is missing. {_ADVICE}"
            raise InvalidRequestError("body", msg, "unreadable")
        if not self._parts:
            msg = f"The form has no field. {_ADVICE}"
            raise InvalidRequestError("body", msg, "missing")

    def _begin(self) -> None:
        self._parts += 1
        self._field = None
        if self._parts > 1:
            msg = f"The form has more than one field. {_ADVICE} Send each file by a request of its own."
            raise InvalidRequestError("body", msg, "repeated")

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header(self) -> None:
        if self._name.lower() == b"content-disposition":
            kind, options = parse_options_header(self._value)
            self._field = options.get(b"name") if kind == b"form-data" else None
        self._name, self._value = b"", b""

    def _headers(self) -> None:
        if self._field != _FIELD:
            name = (self._field or b"").decode("utf-8", "replace")
            msg = f"The form has the field {name!r}. {_ADVICE}"
            raise InvalidRequestError("body", msg, "unknown-field")

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._file.write(data[start:end])

    def _end(self) -> None:
        self._ended = True


def writer_of(content_type: bytes, file: IO[bytes]) -> tuple[Callable[[bytes], object], Callable[[], None]]:
    """Return what takes the pieces of a body whose content belongs into a file, and what is to be called at its end."""
    if content_type.partition(b";")[0].strip().lower() != FORM:
        return file.write, lambda: None
    form = FormFile(content_type, file)
    return form.write, form.finish
