"""The envelope of a record: CloudEvents 1.0, Kafka protocol binding, binary content mode (docs/topics.md).

`ce_id` is `<stream>/<version>`, for a ledger entry `<stream>/<version>/<n>`: it is stable forever, even when published again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

import msgspec
from msgspec import Struct

from groupchat.values.errors import described, first_line
from groupchat.values.event import Actor, ActorKind, Cause, Moment, Recorded, decode

Headers = list[tuple[str, bytes]]

ENTRY_TYPE = "groupchat.ledger.entry"
"""The type of the ledger's records."""
CONTENT_TYPE = "application/json"
_CONTENT_TYPE = CONTENT_TYPE.encode()
SCHEMAS = "/schemas/"
"""The path at which the server shows the JSON Schema of a type: `/schemas/<type>.json`."""


class RecordUnreadableError(Exception):
    """A record does not have the relay's format. The message says what is wrong."""


class KafkaRecord(Struct, frozen=True, kw_only=True):
    """A record for Kafka. Everything but the topic's name is bytes."""

    topic: str
    key: bytes
    value: bytes
    headers: Headers


def schema_uri(type_: str, public_url: str | None = None) -> str:
    """Return the absolute URI of a type's JSON Schema: its address, or a name if the server's address is unknown."""
    return f"urn:groupchat:schema:{type_}" if public_url is None else f"{public_url.rstrip('/')}{SCHEMAS}{type_}.json"


def headers_of(
    recorded: Recorded, subject: str, *, kind: str | None = None, entry: int | None = None, public_url: str | None = None
) -> Headers:
    """Return the headers of an event's record; `entry` is the number of a ledger entry of the event, and `kind` then its type."""
    cause = recorded.cause
    type_ = kind or recorded.type
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", (recorded.id if entry is None else f"{recorded.id}/{entry}").encode()),
        ("ce_source", f"/workspaces/{cause.workspace_id}".encode()),
        ("ce_type", type_.encode()),
        ("ce_time", msgspec.json.encode(recorded.at)[1:-1]),
        ("ce_subject", subject.encode()),
        ("ce_dataschema", schema_uri(type_, public_url).encode()),
        ("ce_stream", recorded.stream.encode()),
        ("ce_version", b"%d" % recorded.version),
        ("ce_position", b"%d" % recorded.position),
        ("ce_correlationid", cause.correlation_id.encode()),
        ("ce_causationid", cause.causation_id.encode()),
        ("ce_actorkind", cause.actor.kind.encode()),
        ("ce_actorid", cause.actor.id.encode()),
        ("content-type", _CONTENT_TYPE),
    ]
    headers.append(("ce_shape", b"%d" % recorded.event.class_version) if entry is None else ("ce_entry", b"%d" % entry))
    return headers


class Envelope(Struct, frozen=True, kw_only=True):
    """The content of a record's headers. `entry` is the number of a ledger entry, 0 for an event; only an event has a `shape`."""

    id: str
    type: str
    subject: str
    stream: str
    version: int
    position: int
    at: datetime
    cause: Cause
    shape: int
    entry: int


def envelope_of(headers: Sequence[tuple[str, bytes]]) -> Envelope:
    """Return the content of a record's headers; raises `RecordUnreadableError`."""
    try:
        texts = {name: text.decode() for name, text in headers}
        return Envelope(
            id=texts["ce_id"],
            type=texts["ce_type"],
            subject=texts["ce_subject"],
            stream=texts["ce_stream"],
            version=int(texts["ce_version"]),
            position=int(texts["ce_position"]),
            at=msgspec.convert(texts["ce_time"], Moment),
            cause=_cause(texts),
            shape=int(texts.get("ce_shape", "0")),
            entry=int(texts.get("ce_entry", "0")),
        )
    except KeyError as error:
        msg = f"it lacks the header {error.args[0]}"
        raise RecordUnreadableError(msg) from error
    except (AttributeError, ValueError) as error:
        raise RecordUnreadableError(described(error)) from error


def recorded_of(headers: Sequence[tuple[str, bytes]], value: bytes) -> Recorded:
    """Return the event of a record, as in the log; raises `RecordUnreadableError`.

    It doesn't work for records of the ledger, nor for `groupchat.workspace.key_issued`, which is published without the key's hash.
    """
    try:
        of = envelope_of(headers)
        event = decode(of.type, value, of.shape)
    except (RecordUnreadableError, ValueError) as error:
        msg = f"the record is not from groupchat, or from a newer version: {first_line(error)}"
        raise RecordUnreadableError(msg) from error
    return Recorded(event=event, stream=of.stream, version=of.version, position=of.position, at=of.at, cause=of.cause)


def _cause(texts: Mapping[str, str]) -> Cause:
    return Cause(
        workspace_id=texts["ce_source"].removeprefix("/workspaces/"),
        actor=Actor(cast("ActorKind", texts["ce_actorkind"]), texts["ce_actorid"]),
        correlation_id=texts["ce_correlationid"],
        causation_id=texts["ce_causationid"],
    )
