"""Delivery: one message on its way to its recipients.

Each message has a separate stream, so that receipts neither lengthen a conversation's stream nor change its version.

- R12 A participant's message is relayed to the others if the carrier has no native group MMS. That is a delivery too.
- R16 `started` is stored before the call to the carrier, in an append that depends on the conversation's version. If an opt-out is
  stored first, the message is `withheld` instead and never handed over, as it is if its number was given up (R56). This event
  credits a withheld message's ledger entries.
- R28 If nobody knows what became of a message, it is `unconfirmed` until a receipt or a person settles it.
- R28 Each recipient has a status, which only moves forward: `queued`, `unconfirmed`, `sent`, then `delivered` or `failed`. If some
  parts of a message arrived and others did not, it is `partial` (`delivery_parts.py`).
- R26 The first charge that the carrier reports for a recipient is recorded.
"""

from collections.abc import Sequence
from typing import assert_never

from msgspec import Struct

from groupchat.aggregates.delivery_events import (
    CallRefused,
    CostReported,
    PartOutcome,
    PartsUpdated,
    RecipientCost,
    RecipientOutcome,
    Settled,
    Started,
    Updated,
    Withheld,
)
from groupchat.aggregates.delivery_parts import PartStatus, ReceiptStatus, Status, is_forward, is_taken, joined
from groupchat.aggregates.delivery_state import Delivery, with_parts
from groupchat.values.errors import InvalidRequestError, RefusalError
from groupchat.values.event import Event
from groupchat.values.money import Rate


def stream(message_id: str) -> str:
    """Return the stream of one message's delivery."""
    return f"delivery-{message_id}"


# --- errors


class NotUnconfirmedError(RefusalError):
    """R28: only a status that is `unconfirmed` can be settled by a person; `numbers` have another one."""

    slug = "not-unconfirmed"

    def __init__(self, numbers: tuple[str, ...]) -> None:
        which = f"That of {', '.join(numbers)} is not." if numbers else "No recipient's is."
        super().__init__(f"Only a status that is unconfirmed can be settled. {which}", numbers=list(numbers))


# --- commands and decide


class Begin(Struct, frozen=True, kw_only=True):
    """Begin the hand-over, or withhold the message because it must not be sent any more (R16, R41, R56).

    Of a message in several `parts`, begin the next one when the one before was taken; otherwise, withhold the rest.
    """

    message_id: str
    conversation_id: str
    business_number: str
    recipients: tuple[str, ...]
    carrier: str
    rate: Rate | None
    withhold: bool
    parts: int = 1


class GoOn(Struct, frozen=True, kw_only=True):
    """Hand over a message again that certainly never reached the carrier, or withhold it as in `Begin`.

    `call` is the call that never arrived, as the caller knows it; `renew` requests another call, with the full time limit. After a
    call that the carrier refused, there is always another one.
    """

    rate: Rate | None
    withhold: bool
    call: int
    renew: bool


class RecordRefusal(Struct, frozen=True, kw_only=True):
    """Record that the carrier refused a call for now."""

    call: int
    reason: str


class RecordOutcomes(Struct, frozen=True, kw_only=True):
    """Record a carrier's report with several statuses, in this order, about a message or one `part` of it."""

    outcomes: tuple[RecipientOutcome, ...]
    part: int = 0


class RecordCosts(Struct, frozen=True, kw_only=True):
    """Record what the carrier reports that it charges, in one currency."""

    currency: str
    costs: tuple[RecipientCost, ...]


class Settle(Struct, frozen=True, kw_only=True):
    """Record a person's finding for these recipients; without recipients, for all that are unconfirmed."""

    recipients: tuple[str, ...]
    status: ReceiptStatus
    reason: str


Command = Begin | GoOn | RecordRefusal | RecordOutcomes | RecordCosts | Settle


def decide(command: Command, state: Delivery | None) -> list[Event]:
    """Return the events of a command; none if it says nothing new. A call begins once, and a status never goes back."""
    match command:
        case Begin():
            return [_begin(command)] if state is None else _next_part(command, state)
        case GoOn():
            return [] if state is None or not state.unanswered else _go_on(command, state)
        case RecordRefusal():
            if state is None or not state.unanswered or state.refused or command.call != state.call:
                return []
            return [CallRefused(message_id=state.message_id, conversation_id=state.conversation_id, reason=command.reason)]
        case RecordOutcomes():
            return [] if state is None else _record(command, state)
        case RecordCosts():
            return [] if state is None else _report_costs(command, state)
        case Settle():
            return _settle(command, state)
        case _:
            assert_never(command)


def _record(command: RecordOutcomes, state: Delivery) -> list[Event]:
    """Return the outcomes that move a recipient's status forward; a stranger has none, and neither has a part that never began."""
    if not 0 <= command.part <= state.part:
        return []
    statuses: dict[str, Status] = dict(state.parts[command.part] if state.parts else state.statuses)
    new, of_part = [], []
    for outcome in command.outcomes:
        if outcome.status != "partial" and is_forward(statuses.get(outcome.recipient), outcome.status):
            statuses[outcome.recipient] = outcome.status
            new.append(outcome)
            of_part.append(_of_part(command.part, outcome.recipient, outcome.status, outcome.code))
    if new and state.parts:
        return _updated_parts(state, of_part)
    return [Updated(message_id=state.message_id, conversation_id=state.conversation_id, outcomes=tuple(new))] if new else []


def _of_part(part: int, recipient: str, status: PartStatus, code: str | None = None) -> PartOutcome:
    return PartOutcome(part=part, recipient=recipient, status=status, code=code)


def _updated_parts(state: Delivery, outcomes: Sequence[PartOutcome]) -> list[Event]:
    """Return what became of parts, and of the whole message for the recipients whose status changes with it."""
    ids = {"message_id": state.message_id, "conversation_id": state.conversation_id}
    after = with_parts(state, outcomes)
    whole = []
    for recipient in dict.fromkeys(each.recipient for each in outcomes):
        status = joined([part[recipient] for part in after.parts])
        if status is not None and status != state.statuses[recipient]:
            code = after.codes.get(recipient) if status in ("failed", "partial") else None
            whole.append(RecipientOutcome(recipient=recipient, status=status, code=code))
    events: list[Event] = [PartsUpdated(**ids, outcomes=tuple(outcomes))]
    return [*events, Updated(**ids, outcomes=tuple(whole))] if whole else events


def _next_part(command: Begin, state: Delivery) -> list[Event]:
    """Return the beginning of the next part, if there is one and it is its turn; or the rest, withheld."""
    is_waiting = state.statuses and state.left and all(status == "queued" for status in state.parts[state.left[0]].values())
    if state.waiting or not is_waiting:
        return []
    if command.withhold or not is_taken(state.parts[state.part].values()):
        return _withheld_from(state.left[0], state)
    return [_call(state, state.left[0])]


def _withheld_from(first: int, state: Delivery) -> list[Event]:
    rest = range(first, len(state.parts))
    return _updated_parts(state, [_of_part(part, recipient, "withheld") for part in rest for recipient in state.statuses])


def _report_costs(command: RecordCosts, state: Delivery) -> list[Event]:
    """Return the costs of recipients whose cost is not known yet; a stranger has none."""
    new: dict[str, RecipientCost] = {}
    for each in command.costs:
        if each.recipient in state.statuses and each.recipient not in state.costs:
            new.setdefault(each.recipient, each)
    if not new:
        return []
    ids = {"message_id": state.message_id, "conversation_id": state.conversation_id}
    return [CostReported(**ids, currency=command.currency, costs=tuple(new.values()))]


def _settle(command: Settle, state: Delivery | None) -> list[Event]:
    if state is None:
        raise NotUnconfirmedError(())
    unconfirmed = tuple(number for number, status in state.statuses.items() if status == "unconfirmed")
    recipients = command.recipients or unconfirmed
    if strangers := [number for number in recipients if number not in state.statuses]:
        raise InvalidRequestError("recipients", f"The message was not sent to {', '.join(strangers)}.")
    known = [number for number in recipients if number not in unconfirmed]
    if known or not recipients:
        raise NotUnconfirmedError(tuple(known))
    ids = {"message_id": state.message_id, "conversation_id": state.conversation_id}
    settled = Settled(**ids, recipients=recipients, status=command.status, reason=command.reason)
    if state.parts:
        unknown = [
            _of_part(n, number, command.status)
            for n, part in enumerate(state.parts)
            for number in recipients
            if part[number] == "unconfirmed"
        ]
        return [settled, *_updated_parts(state, unknown)]
    outcomes = tuple(RecipientOutcome(recipient=number, status=command.status, code=None) for number in recipients)
    return [settled, Updated(**ids, outcomes=outcomes)]


def _go_on(command: GoOn, state: Delivery) -> list[Event]:
    if command.withhold and state.part > 0:
        return _withheld_from(state.part, state)
    if command.withhold:
        return [_withheld(state.message_id, state.conversation_id, tuple(state.statuses), command.rate)]
    if not (command.renew or state.refused) or command.call != state.call:
        return []
    return [_call(state, state.part)]


def _call(state: Delivery, part: int) -> Event:
    return Started(
        message_id=state.message_id,
        conversation_id=state.conversation_id,
        business_number=state.business_number,
        recipients=tuple(state.statuses),
        carrier=state.carrier,
        part=part,
        parts=max(len(state.parts), 1),
    )


def _begin(command: Begin) -> Event:
    if command.withhold:
        return _withheld(command.message_id, command.conversation_id, command.recipients, command.rate)
    return Started(
        message_id=command.message_id,
        conversation_id=command.conversation_id,
        business_number=command.business_number,
        recipients=command.recipients,
        carrier=command.carrier,
        parts=command.parts,
    )


def _withheld(message_id: str, conversation_id: str, recipients: tuple[str, ...], rate: Rate | None) -> Event:
    return Withheld(message_id=message_id, conversation_id=conversation_id, recipients=recipients, rate=rate)
