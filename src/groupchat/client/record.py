"""A record as a consumer sees it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import msgspec
from msgspec import Struct

from groupchat.broker.envelope import RecordUnreadableError
from groupchat.values.event import Actor, ActorKind, Moment


class Record(Struct, frozen=True, kw_only=True):
    """An event, or an entry of the ledger: then `entry` counts those of its event from 1, and is 0 otherwise.

    `id` is stable for ever. `version` counts the events of `stream` from 1, `position` those of the whole log. `subject` is the
    record's key. `data` is what the type's JSON Schema says, with numbers as text where they are amounts.
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
    """Return what headers and value say; raises `RecordUnreadableError`."""
    try:
        texts = {name: text.decode() for name, text in headers}
        return Record(
            id=texts["ce_id"],
            type=texts["ce_type"],
            stream=texts["ce_stream"],
            version=int(texts["ce_version"]),
            entry=int(texts.get("ce_entry", "0")),
            position=int(texts["ce_position"]),
            time=msgspec.convert(texts["ce_time"], Moment),
            workspace=texts["ce_source"].removeprefix("/workspaces/"),
            subject=texts["ce_subject"],
            correlation_id=texts["ce_correlationid"],
            causation_id=texts["ce_causationid"],
            actor=Actor(cast("ActorKind", texts["ce_actorkind"]), texts["ce_actorid"]),
            data=_decode(value or b""),
        )
    except KeyError as error:
        msg = f"it lacks the header {error.args[0]}"
        raise RecordUnreadableError(msg) from error
    except (AttributeError, ValueError, msgspec.MsgspecError) as error:
        msg = f"{type(error).__name__}: {error}"
        raise RecordUnreadableError(msg) from error
