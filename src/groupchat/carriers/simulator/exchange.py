"""The simulated carrier's handling of one message, as a pure function: the result of the call, and the rows to store.

`adapter.py` stores the rows of many messages in one transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, json

from groupchat.aggregates.delivery_parts import ReceiptStatus
from groupchat.carriers.port import CarrierRefusedError, CarrierUnclearError, Inbound, Outgoing, RecipientResult
from groupchat.carriers.simulator.behaviors import REFUSED_CODE, Fate, Switch, fate

Results = tuple[RecipientResult, ...]
Answer = Results | CarrierRefusedError | CarrierUnclearError
Row = dict[str, Any]

NORMAL = Switch()
TOO_MANY_CODE = "4435"
ASK_AGAIN_SECONDS = 1.0
_SECOND = 1_000_000


class Exchange(Struct, frozen=True, kw_only=True):
    """The result of a `send`, and the row to store: none if nothing was sent."""

    answer: Answer
    kept: Row | None = None


class Pending(Struct, frozen=True, kw_only=True):
    """A future receipt, in microseconds since 1970."""

    recipient: str
    status: ReceiptStatus
    code: str | None
    opted_out: bool
    due_at: int


class SimulatedCarrier(Struct, frozen=True, kw_only=True):
    """The limits of the simulated carrier, as in `port.Carrier`."""

    native_group: bool
    max_recipients: int | None


def exchange(outgoing: Outgoing, switches: Mapping[str, Switch], terms: SimulatedCarrier, now: int) -> Exchange:
    """Accept or refuse a message, according to the numbers' behaviors; `now` is in microseconds since 1970."""
    sender = switches.get(outgoing.from_, NORMAL)
    nothing_went_out = _refusal(outgoing, sender, terms)
    if nothing_went_out is not None:
        return Exchange(answer=nothing_went_out)
    fates = {number: fate(switches.get(number, NORMAL)) for number in outgoing.to}
    results = tuple(each.result(number) for number, each in fates.items())
    members = outgoing.to if terms.native_group else ()
    handsets = [number for number, each in fates.items() if each.received]
    sent = _row(outgoing.message_id, outgoing.from_, outgoing.from_, members, handsets, now)
    return Exchange(
        answer=_timed_out(outgoing, sender) if sender.behavior in ("unclear", "unknowable") else results,
        kept=sent | _content(outgoing) | {"results": _text(results)} | left(_receipts(fates, now)),
    )


def _refusal(outgoing: Outgoing, sender: Switch, terms: SimulatedCarrier) -> CarrierRefusedError | CarrierUnclearError | None:
    if terms.max_recipients is not None and len(outgoing.to) > terms.max_recipients:
        detail = f"{len(outgoing.to)} recipients are more than {terms.max_recipients}"
        return CarrierRefusedError(TOO_MANY_CODE, detail)
    if sender.behavior == "refuse":
        detail = f"{outgoing.from_} is set to refuse messages"
        return CarrierRefusedError(sender.code or REFUSED_CODE, detail, retry_after=sender.seconds)
    return _timed_out(outgoing, sender) if sender.behavior == "lost" else None


def _timed_out(outgoing: Outgoing, sender: Switch) -> CarrierUnclearError:
    retry_after = None if sender.behavior == "unknowable" else ASK_AGAIN_SECONDS
    return CarrierUnclearError(f"the call for message {outgoing.message_id} timed out", retry_after=retry_after)


def _receipts(fates: Mapping[str, Fate], now: int) -> list[Pending]:
    return [
        Pending(
            recipient=number,
            status=callback.status,
            code=callback.code,
            opted_out=callback.opted_out,
            due_at=now + round(callback.seconds * _SECOND),
        )
        for number, each in fates.items()
        for callback in each.callbacks
    ]


def left(receipts: Sequence[Pending]) -> Row:
    """Return the columns of a message with these future receipts."""
    if not receipts:
        return {"receipts": None, "due_at": None, "attempts": 0}
    return {"receipts": _text(receipts), "due_at": min(each.due_at for each in receipts), "attempts": 0}


def fanned_out(inbound: Inbound, now: int) -> Row:
    """Return the delivery of a participant's message to the other participants' handsets (R12)."""
    group = inbound.group or ()
    written = _row(inbound.carrier_message_id, inbound.to, inbound.from_, (*group, inbound.from_), group, now)
    return written | _content(inbound) | {"results": None} | left(())


def _row(message_id: str, business: str, author: str, members: Sequence[str], handsets: Iterable[str], now: int) -> Row:
    return {
        "message_id": message_id,
        "business_number": business,
        "author": author,
        "members": _text(sorted(set(members))),
        "handsets": " ".join(sorted(handsets)),
        "at": now,
    }


def _content(message: Outgoing | Inbound) -> Row:
    return {"body": message.body, "media": _text(message.media)}


def _text(value: object) -> str:
    return json.encode(value).decode()
