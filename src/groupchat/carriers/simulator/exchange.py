"""The simulated carrier's handling of one message, as a pure function: the result of the call, and the rows to store.

`adapter.py` stores the rows of many messages in one transaction.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, json

from groupchat.carriers.port import CarrierRefusedError, CarrierUnclearError, Inbound, Outgoing, RecipientResult
from groupchat.carriers.simulator.behaviours import REFUSED_CODE, Fate, Switch, fate

Results = tuple[RecipientResult, ...]
Answer = Results | CarrierRefusedError | CarrierUnclearError
Row = dict[str, Any]

NORMAL = Switch()
TOO_MANY_CODE = "4435"
ASK_AGAIN_SECONDS = 1.0
_SECOND = 1_000_000


class Exchange(Struct, frozen=True, kw_only=True):
    """The result of a `send`, and the rows to store: none if nothing was sent."""

    answer: Answer
    sent: Sequence[Row] = ()
    received: Sequence[Row] = ()
    receipts: Sequence[Row] = ()


class SimulatedCarrier(Struct, frozen=True, kw_only=True):
    """The limits of the simulated carrier, as in `port.Carrier`."""

    native_group: bool
    max_recipients: int | None


def exchange(outgoing: Outgoing, switches: Mapping[str, Switch], terms: SimulatedCarrier, now: int) -> Exchange:
    """Accept or refuse a message, according to the numbers' behaviours; `now` is in microseconds since 1970."""
    sender = switches.get(outgoing.from_, NORMAL)
    nothing_went_out = _refusal(outgoing, sender, terms)
    if nothing_went_out is not None:
        return Exchange(answer=nothing_went_out)
    fates = {number: fate(switches.get(number, NORMAL)) for number in outgoing.to}
    results = tuple(each.result(number) for number, each in fates.items())
    return Exchange(
        answer=_timed_out(outgoing, sender) if sender.behaviour in ("unclear", "unknowable") else results,
        sent=_sent(outgoing, results, now),
        received=_received(outgoing, fates, terms, now),
        receipts=_receipts(outgoing, fates, now),
    )


def _refusal(outgoing: Outgoing, sender: Switch, terms: SimulatedCarrier) -> CarrierRefusedError | CarrierUnclearError | None:
    if terms.max_recipients is not None and len(outgoing.to) > terms.max_recipients:
        detail = f"{len(outgoing.to)} recipients are more than {terms.max_recipients}"
        return CarrierRefusedError(TOO_MANY_CODE, detail)
    if sender.behaviour == "refuse":
        detail = f"{outgoing.from_} is set to refuse messages"
        return CarrierRefusedError(sender.code or REFUSED_CODE, detail, retry_after=sender.seconds)
    return _timed_out(outgoing, sender) if sender.behaviour == "lost" else None


def _timed_out(outgoing: Outgoing, sender: Switch) -> CarrierUnclearError:
    retry_after = None if sender.behaviour == "unknowable" else ASK_AGAIN_SECONDS
    return CarrierUnclearError(f"the call for message {outgoing.message_id} timed out", retry_after=retry_after)


def _sent(outgoing: Outgoing, results: Results, now: int) -> list[Row]:
    return [
        {"message_id": outgoing.message_id, "business_number": outgoing.from_, "results": _text(results), "at": now},
    ]


def _received(outgoing: Outgoing, fates: Mapping[str, Fate], terms: SimulatedCarrier, now: int) -> list[Row]:
    group = outgoing.to if terms.native_group else ()
    content = {"message_id": outgoing.message_id, "business_number": outgoing.from_, "author": outgoing.from_, "at": now}
    content |= {"body": outgoing.body, "media": _text(outgoing.media)}
    return [content | {"number": number, "others": _others(group, number)} for number, each in fates.items() if each.received]


def _receipts(outgoing: Outgoing, fates: Mapping[str, Fate], now: int) -> list[Row]:
    return [
        {
            "message_id": outgoing.message_id,
            "recipient": number,
            "status": callback.status,
            "code": callback.code,
            "opted_out": callback.opted_out,
            "due_at": now + round(callback.seconds * _SECOND),
            "attempts": 0,
        }
        for number, each in fates.items()
        for callback in each.callbacks
    ]


def fanned_out(inbound: Inbound, now: int) -> list[Row]:
    """Return the deliveries of a participant's message to the other participants' handsets (R12)."""
    group = inbound.group or ()
    content = {"message_id": inbound.carrier_message_id, "business_number": inbound.to, "author": inbound.from_, "at": now}
    content |= {"body": inbound.body, "media": _text(inbound.media)}
    return [content | {"number": number, "others": _others((*group, inbound.from_), number)} for number in group]


def _others(group: Sequence[str], number: str) -> str:
    return _text(sorted(set(group) - {number}))


def _text(value: object) -> str:
    return json.encode(value).decode()
