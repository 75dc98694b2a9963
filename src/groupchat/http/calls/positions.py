"""Positions of the log, as callers send them in headers."""

import re

from groupchat.values.errors import InvalidRequestError

_POSITION = re.compile(rb"[0-9]{1,18}")


def read_min_position(headers: dict[bytes, bytes]) -> int:
    """Return the position that the response must include, 0 for none; raises `InvalidRequestError`."""
    written = headers.get(b"groupchat-min-position", b"0")
    if not _POSITION.fullmatch(written):
        detail = "Send a number that you received as Groupchat-Position."
        raise InvalidRequestError("Groupchat-Min-Position", detail, "bad-format")
    return int(written)


def read_last_event_id(headers: dict[bytes, bytes]) -> int | None:
    """Return the position after which a stream continues, or none; raises `InvalidRequestError`."""
    written = headers.get(b"last-event-id")
    if written is None:
        return None
    if not _POSITION.fullmatch(written):
        detail = "Send the id of the last event that you received, which is a number."
        raise InvalidRequestError("Last-Event-ID", detail, "bad-format")
    return int(written)
