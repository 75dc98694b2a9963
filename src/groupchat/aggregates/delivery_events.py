"""The events of a delivery, which hands one message to a carrier (`delivery.py`)."""

from decimal import Decimal

from msgspec import Struct

from groupchat.aggregates.delivery_parts import MessageStatus, PartStatus, ReceiptStatus
from groupchat.values.event import Event, stored_as
from groupchat.values.money import Currency, Rate


@stored_as("groupchat.delivery.started")
class Started(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The message is about to be handed to the carrier, perhaps again after a call that certainly never reached it.

    A carrier may take a message in several `parts`, one by one: then `part` is the one that is handed over, counted from 0.
    """

    message_id: str
    conversation_id: str
    business_number: str
    recipients: tuple[str, ...]
    carrier: str
    part: int = 0
    parts: int = 1


@stored_as("groupchat.delivery.call_refused")
class CallRefused(Event, frozen=True, kw_only=True):
    """The carrier did not take the message now, and may later. The call is over, so another call doesn't repeat it."""

    message_id: str
    conversation_id: str
    reason: str


class RecipientOutcome(Struct, frozen=True, kw_only=True, gc=False):
    """The status of a message for one recipient. `code` is the carrier's own.

    `partial`: some parts of the message arrived, or are on their way, and others never will.
    """

    recipient: str
    status: MessageStatus
    code: str | None


@stored_as("groupchat.delivery.updated")
class Updated(Event, frozen=True, kw_only=True):
    """The carrier reported what became of the message, for one recipient or several: one response or report is one event.

    `outcomes` are in the order in which they were reported. A recipient appears twice if a report brought two statuses. Of a
    message in several parts, they are the statuses of the whole message, after the `parts_updated` event before this one.
    """

    message_id: str
    conversation_id: str
    outcomes: tuple[RecipientOutcome, ...]


class PartOutcome(Struct, frozen=True, kw_only=True, gc=False):
    """The status of one part, counted from 0, for one recipient. `code` is the carrier's own. A `withheld` part never goes."""

    part: int
    recipient: str
    status: PartStatus
    code: str | None


@stored_as("groupchat.delivery.parts_updated")
class PartsUpdated(Event, frozen=True, kw_only=True):
    """What became of parts of a message that its carrier takes one by one: as it reported, or because the rest does not go.

    If the status of the whole message changes with it, an `updated` event follows.
    """

    message_id: str
    conversation_id: str
    outcomes: tuple[PartOutcome, ...]


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

    The `updated` event that follows has the same statuses, unless the message has several parts: then those that were unconfirmed
    have this status, and `updated` has that of the whole message.
    """

    message_id: str
    conversation_id: str
    recipients: tuple[str, ...]
    status: ReceiptStatus
    reason: str


@stored_as("groupchat.delivery.withheld")
class Withheld(Event, frozen=True, kw_only=True):
    """The message was not handed over, because it must not be sent any more.

    Someone opted out first (R16), its number was given up (R56), or it is an automatic reply that came too late (R41). `rate` is
    the message's; none for a relay (R12).
    """

    message_id: str
    conversation_id: str
    recipients: tuple[str, ...]
    rate: Rate | None


EVENTS = (Started, CallRefused, PartsUpdated, Updated, CostReported, Settled, Withheld)
"""All of them. Each names its message, and the conversation, in whose stream it is not."""
