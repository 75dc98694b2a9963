"""The state of a delivery, and the fold of its events. The rules are in `delivery.py`."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from groupchat.aggregates.delivery_events import (
    CallRefused,
    CostReported,
    PartOutcome,
    PartsUpdated,
    Started,
    Updated,
    Withheld,
)
from groupchat.aggregates.delivery_parts import Status
from groupchat.values.event import Recorded


class Delivery(Struct, frozen=True, kw_only=True, gc=False):
    """The progress of a message. All calls of a delivery go to the same carrier; a message withheld immediately has no carrier.

    `call` is the version at which the last call to the carrier began, and `called_at` the time of that event; `begun_at` is that
    of the first call. `refused`: the carrier refused the last call for now, so it doesn't have the message.
    """

    workspace_id: str
    message_id: str
    conversation_id: str
    business_number: str
    carrier: str
    statuses: dict[str, Status]
    call: int = 0
    called_at: datetime | None = None
    begun_at: datetime | None = None
    refused: bool = False
    refusals: int = 0
    """The number of calls that the carrier refused for now."""
    costs: frozenset[str] = frozenset()
    """The recipients whose cost the carrier has reported."""
    part: int = 0
    """The part whose hand-over began last."""
    parts: tuple[dict[str, Status], ...] = ()
    """The status of each part for each recipient; empty for a message that is handed over as a whole."""
    codes: Mapping[str, str | None] = {}
    """The carrier's code of the first part that failed, by recipient."""

    @property
    def unanswered(self) -> bool:
        """Whether the hand-over has begun and its outcome is unknown; of a message in parts, that of the last one that began."""
        return bool(self._last) and all(status == "queued" for status in self._last.values())

    @property
    def waiting(self) -> bool:
        """Whether the outcome is unknown for somebody. If it is known for others, a receipt came before the answer to the call."""
        return "queued" in self._last.values()

    @property
    def left(self) -> range:
        """The parts whose hand-over has not begun."""
        return range(self.part + 1, len(self.parts))

    @property
    def _last(self) -> Mapping[str, Status]:
        """The statuses of the message, or of the part that began last."""
        return self.parts[self.part] if self.part < len(self.parts) else self.statuses


def evolve(state: Delivery | None, recorded: Recorded) -> Delivery | None:
    """Fold one event."""
    event = recorded.event
    match event:
        case Started():
            return _started(state, recorded, event)
        case CallRefused() if state is not None:
            return replace(state, refused=True, refusals=state.refusals + 1)
        case Withheld():
            return Delivery(
                workspace_id=recorded.cause.workspace_id,
                message_id=event.message_id,
                conversation_id=event.conversation_id,
                business_number=state.business_number if state is not None else "",
                carrier=state.carrier if state is not None else "",
                statuses=dict.fromkeys(event.recipients, "withheld"),
            )
        case PartsUpdated() if state is not None:
            return with_parts(state, event.outcomes)
        case Updated() if state is not None:
            return replace(state, statuses=state.statuses | {each.recipient: each.status for each in event.outcomes})
        case CostReported() if state is not None:
            return replace(state, costs=state.costs | {each.recipient for each in event.costs})
        case _:
            return state


def _started(state: Delivery | None, recorded: Recorded, event: Started) -> Delivery:
    queued: dict[str, Status] = dict.fromkeys(event.recipients, "queued")
    if state is not None and state.part != event.part:
        return replace(state, part=event.part, call=recorded.version, called_at=recorded.at, begun_at=recorded.at, refusals=0)
    return Delivery(
        workspace_id=recorded.cause.workspace_id,
        message_id=event.message_id,
        conversation_id=event.conversation_id,
        business_number=event.business_number,
        carrier=event.carrier,
        statuses=queued,
        call=recorded.version,
        called_at=recorded.at,
        begun_at=(state and state.begun_at) or recorded.at,
        refusals=state.refusals if state is not None else 0,
        part=event.part,
        parts=_queued_parts(event) if state is None else state.parts,
        codes={} if state is None else state.codes,
    )


def _queued_parts(event: Started) -> tuple[dict[str, Status], ...]:
    return tuple(dict.fromkeys(event.recipients, "queued") for _ in range(event.parts)) if event.parts > 1 else ()


def with_parts(state: Delivery, outcomes: Sequence[PartOutcome]) -> Delivery:
    """Return the state after these outcomes of parts."""
    parts, codes = [dict(each) for each in state.parts], dict(state.codes)
    for each in outcomes:
        if each.part >= len(parts):
            continue
        parts[each.part][each.recipient] = each.status
        if each.status == "failed":
            codes.setdefault(each.recipient, each.code)
    return replace(state, parts=tuple(parts), codes=codes)
