"""Delivery: one message on its way to its recipients.

Each message has a separate stream, so that receipts neither lengthen a conversation's stream nor change its version.

- R12 A participant's message is relayed to the others if the carrier has no native group MMS. That is a delivery too.
- R16 `started` is stored before the call to the carrier, in an append that depends on the conversation's version. If an opt-out is
  stored first, the message is `withheld` instead and never handed over. This event credits a withheld message's ledger entries.
- R28 What nobody can tell is `unconfirmed`, until a receipt or a person tells it.
- R28 Each recipient has a status, which only moves forward: `queued`, `unconfirmed`, `sent`, then `delivered` or `failed`.
- R26 The first charge that the carrier reports for a recipient is recorded.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal, assert_never

from msgspec import Struct
from msgspec.structs import replace

from groupchat.values.errors import RefusalError
from groupchat.values.event import Event, Recorded, stored_as
from groupchat.values.money import Currency, Rate

Status = Literal["queued", "unconfirmed", "sent", "delivered", "failed", "withheld"]
ReceiptStatus = Literal["unconfirmed", "sent", "delivered", "failed"]

_RANK: dict[str, int] = {"queued": 0, "unconfirmed": 1, "sent": 2, "delivered": 3, "failed": 3, "withheld": 4}

# --- events


@stored_as("groupchat.delivery.started")
class Started(Event, frozen=True, kw_only=True):
    """The message is about to be handed to the carrier, perhaps again after a call that certainly never reached it."""

    message_id: str
    conversation_id: str
    business_number: str
    recipients: tuple[str, ...]
    carrier: str


@stored_as("groupchat.delivery.call_refused")
class CallRefused(Event, frozen=True, kw_only=True):
    """The carrier did not take the message now, and may later. The call is over, so another call doesn't repeat it."""

    message_id: str
    conversation_id: str
    reason: str


class RecipientOutcome(Struct, frozen=True, kw_only=True, gc=False):
    """The status of a message for one recipient. `code` is the carrier's own."""

    recipient: str
    status: ReceiptStatus
    code: str | None


@stored_as("groupchat.delivery.updated")
class Updated(Event, frozen=True, kw_only=True):
    """The carrier reported what became of the message, for one recipient or several: one response or report is one event.

    `outcomes` are in the order in which they were reported. A recipient appears twice if a report brought two statuses.
    """

    message_id: str
    conversation_id: str
    outcomes: tuple[RecipientOutcome, ...]


class RecipientCost(Struct, frozen=True, kw_only=True, gc=False):
    """The carrier's charge for one recipient, in the event's currency."""

    recipient: str
    amount: Decimal


@stored_as("groupchat.delivery.cost_reported")
class CostReported(Event, frozen=True, kw_only=True):
    """The carrier reported what it charges for one recipient or several. Our ledger's entries don't change (R26)."""

    message_id: str
    conversation_id: str
    currency: Currency
    costs: tuple[RecipientCost, ...]


@stored_as("groupchat.delivery.settled")
class Settled(Event, frozen=True, kw_only=True):
    """A person found out what became of the message for recipients whose status was unconfirmed, and says how they know.

    The `updated` event that follows has the same statuses.
    """

    message_id: str
    conversation_id: str
    recipients: tuple[str, ...]
    status: ReceiptStatus
    reason: str


@stored_as("groupchat.delivery.withheld")
class Withheld(Event, frozen=True, kw_only=True):
    """The message was not handed over, because someone opted out first (R16), or because an automatic reply came too late (R41).

    `rate` is the message's; none for a relay (R12).
    """

    message_id: str
    conversation_id: str
    recipients: tuple[str, ...]
    rate: Rate | None


EVENTS = (Started, CallRefused, Updated, CostReported, Settled, Withheld)
"""All of them. Each names its message, and the conversation, in whose stream it is not."""

# --- state


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

    @property
    def unanswered(self) -> bool:
        """Whether the hand-over has begun and its outcome is unknown."""
        return bool(self.statuses) and all(status == "queued" for status in self.statuses.values())


def stream(message_id: str) -> str:
    """Return the stream of one message's delivery."""
    return f"delivery-{message_id}"


def evolve(state: Delivery | None, recorded: Recorded) -> Delivery | None:
    """Fold one event."""
    event = recorded.event
    match event:
        case Started():
            return Delivery(
                workspace_id=recorded.cause.workspace_id,
                message_id=event.message_id,
                conversation_id=event.conversation_id,
                business_number=event.business_number,
                carrier=event.carrier,
                statuses=dict.fromkeys(event.recipients, "queued"),
                call=recorded.version,
                called_at=recorded.at,
                begun_at=(state and state.begun_at) or recorded.at,
                refusals=state.refusals if state is not None else 0,
            )
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
        case Updated() if state is not None:
            return replace(state, statuses=state.statuses | {each.recipient: each.status for each in event.outcomes})
        case CostReported() if state is not None:
            return replace(state, costs=state.costs | {each.recipient for each in event.costs})
        case _:
            return state


# --- errors


class NotUnconfirmedError(RefusalError):
    """R28: only a status that is `unconfirmed` can be settled by a person; `numbers` have another one."""

    slug = "not-unconfirmed"

    def __init__(self, numbers: tuple[str, ...]) -> None:
        which = f"That of {', '.join(numbers)} is not." if numbers else "No recipient's is."
        super().__init__(f"Only a status that is unconfirmed can be settled. {which}", numbers=list(numbers))


# --- commands and decide


class Begin(Struct, frozen=True, kw_only=True):
    """Begin the hand-over, or withhold the message because it must not be sent any more (R16, R41, R56)."""

    message_id: str
    conversation_id: str
    business_number: str
    recipients: tuple[str, ...]
    carrier: str
    rate: Rate | None
    withhold: bool


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
    """Record a carrier's report with several statuses, in this order."""

    outcomes: tuple[RecipientOutcome, ...]


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
            return [] if state is not None else [_begin(command)]
        case GoOn():
            return [] if state is None or not state.unanswered else _go_on(command, state)
        case RecordRefusal():
            if state is None or not state.unanswered or state.refused or command.call != state.call:
                return []
            return [CallRefused(message_id=state.message_id, conversation_id=state.conversation_id, reason=command.reason)]
        case RecordOutcomes():
            new = () if state is None else _new(command.outcomes, state.statuses)
            if state is None or not new:
                return []
            return [Updated(message_id=state.message_id, conversation_id=state.conversation_id, outcomes=new)]
        case RecordCosts():
            return [] if state is None else _report_costs(command, state)
        case Settle():
            return _settle(command, state)
        case _:
            assert_never(command)


def _new(outcomes: Sequence[RecipientOutcome], known: Mapping[str, Status]) -> tuple[RecipientOutcome, ...]:
    """Return the outcomes that move a recipient's status forward; a stranger has none."""
    statuses, new = dict(known), []
    for outcome in outcomes:
        if _RANK[outcome.status] > _RANK[statuses.get(outcome.recipient, "withheld")]:
            statuses[outcome.recipient] = outcome.status
            new.append(outcome)
    return tuple(new)


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
    known = [number for number in recipients if number not in unconfirmed]
    if known or not recipients:
        raise NotUnconfirmedError(tuple(known))
    ids = {"message_id": state.message_id, "conversation_id": state.conversation_id}
    outcomes = tuple(RecipientOutcome(recipient=number, status=command.status, code=None) for number in recipients)
    settled = Settled(**ids, recipients=recipients, status=command.status, reason=command.reason)
    return [settled, Updated(**ids, outcomes=outcomes)]


def _go_on(command: GoOn, state: Delivery) -> list[Event]:
    if command.withhold:
        return [_withheld(state.message_id, state.conversation_id, tuple(state.statuses), command.rate)]
    if not (command.renew or state.refused) or command.call != state.call:
        return []
    again = Started(
        message_id=state.message_id,
        conversation_id=state.conversation_id,
        business_number=state.business_number,
        recipients=tuple(state.statuses),
        carrier=state.carrier,
    )
    return [again]


def _begin(command: Begin) -> Event:
    if command.withhold:
        return _withheld(command.message_id, command.conversation_id, command.recipients, command.rate)
    return Started(
        message_id=command.message_id,
        conversation_id=command.conversation_id,
        business_number=command.business_number,
        recipients=command.recipients,
        carrier=command.carrier,
    )


def _withheld(message_id: str, conversation_id: str, recipients: tuple[str, ...], rate: Rate | None) -> Event:
    return Withheld(message_id=message_id, conversation_id=conversation_id, recipients=recipients, rate=rate)
