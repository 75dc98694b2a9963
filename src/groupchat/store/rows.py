"""Stored events as rows, to the byte and undecoded, so that even an unreadable event has its row."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection, LargeBinary, cast, func, select

from groupchat.store.tables import STORED_EVENTS

_T = STORED_EVENTS.c
_TEXTS = (_T.originator_id, _T.topic, _T.state)
_ORDERED = select(_T.id, _T.originator_version).order_by(_T.id)
_SQLITE = _ORDERED.add_columns(*(cast(text, LargeBinary) for text in _TEXTS))
"""SQLite stores any value: text in place of bytes, and text that is not UTF-8, which the driver can't return."""
_POSTGRES = _ORDERED.add_columns(*(func.convert_to(text, "UTF8") for text in _TEXTS[:2]), _T.state)


class EventRow(Struct, frozen=True):
    """The columns of a stored event; texts are in UTF-8."""

    position: int
    version: int
    stream: bytes
    type: bytes
    state: bytes


def rows_between(connection: Connection, after: int, upto: int) -> Sequence[EventRow]:
    """Return the rows after a position up to another, in the log's order; missing ones are left out."""
    query = _SQLITE if connection.dialect.name == "sqlite" else _POSTGRES
    found = connection.execute(query.where(_T.id > after, _T.id <= upto))
    return [EventRow(id_, version, bytes(stream), bytes(type_), bytes(state)) for id_, version, stream, type_, state in found]


def head(connection: Connection) -> int:
    """Return the position of the newest event, 0 in an empty log."""
    return connection.execute(select(func.max(_T.id))).scalar_one() or 0
