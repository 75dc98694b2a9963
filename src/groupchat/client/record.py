"""A record as a consumer sees it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from groupchat.broker.envelope import RecordUnreadableError, envelope_of
from groupchat.values.errors import described
from groupchat.values.event import Actor


class Record(Struct, frozen=True, kw_only=True):
    """An event or a ledger entry. `entry` counts the entries of one event from 1, and is 0 for an event.

    `id` is stable forever. `version` counts the events of `stream` from 1, `position` those of the whole log. `subject` is the
    record's key. `data` has the format of the type's JSON Schema; amounts are text.
    """

    id: str
    type: str
    stream: str
    version: int
    entry: int
    position: int
    time: datetime
    workspace: str
    subject: str
    correlation_id: str
    causation_id: str
    actor: Actor
    data: dict[str, Any]


_decode = msgspec.json.Decoder(dict[str, Any]).decode


def record_of(headers: Sequence[tuple[str, bytes]], value: bytes | None) -> Record:
    """Return the record in headers and value; raises `RecordUnreadableError`."""
    of = envelope_of(headers)
    try:
        data = _decode(value or b"")
    except ValueError as error:
        raise RecordUnreadableError(described(error)) from error
    return Record(
        id=of.id,
        type=of.type,
        stream=of.stream,
        version=of.version,
        entry=of.entry,
        position=of.position,
        time=of.at,
        workspace=of.cause.workspace_id,
        subject=of.subject,
        correlation_id=of.cause.correlation_id,
        causation_id=of.cause.causation_id,
        actor=of.cause.actor,
        data=data,
    )
