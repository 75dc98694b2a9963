"""Stored events as rows, to the byte and undecoded: also one that can't be read has its row."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection, LargeBinary, cast, select

from groupchat.store.tables import STORED_EVENTS

_T = STORED_EVENTS.c
_STATE = cast(_T.state, LargeBinary)
"""SQLite keeps a state as text that something else has written as text, and the driver would not give back its bytes."""
_ROWS = select(_T.id, _T.originator_id, _T.originator_version, _T.topic, _STATE).order_by(_T.id)


class EventRow(Struct, frozen=True):
    """The columns of a stored event."""

    position: int
    stream: str
    version: int
    type: str
    state: bytes


def rows_between(connection: Connection, after: int, upto: int) -> Sequence[EventRow]:
    """Return the rows above a position up to another, in the log's order; those that are missing are left out."""
    found = connection.execute(_ROWS.where(_T.id > after, _T.id <= upto))
    return [EventRow(id_, stream, version, topic, bytes(state)) for id_, stream, version, topic, state in found]
