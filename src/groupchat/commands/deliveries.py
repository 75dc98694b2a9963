"""Handing a message over: begin it, unless somebody has opted out since it was accepted (R16)."""

from msgspec import Struct

from groupchat.aggregates import delivery, group_conversation
from groupchat.aggregates.delivery import Delivery
from groupchat.aggregates.group_events import InboundReceived, MessageSent
from groupchat.aggregates.group_state import GroupConversation
from groupchat.commands.streams import CONVERSATION, DELIVERY
from groupchat.store.decision import Decision
from groupchat.values.event import Actor, Cause, Recorded
from groupchat.values.money import Rate

PROCESS = "delivery"


class Begun(Struct, frozen=True):
    """A delivery as it stands, and whether this call began it."""

    delivery: Delivery
    now: bool


async def begin(decision: Decision, carrier: str, message: Recorded) -> Begun:
    """Record that a message's hand-over begins, or that it is withheld; run it with `caused_by(message)`.

    The append holds the conversation's version: an opt-out that is stored first makes this decision wrong, and it is made again.
    """
    event = message_of(message)
    stream = delivery.stream(event.message_id)
    group = group_conversation.existing(await decision.load(CONVERSATION, message.stream))
    command = delivery.Begin(
        message_id=event.message_id,
        conversation_id=message.stream,
        business_number=group.business_number,
        recipients=_recipients(event, group),
        carrier=carrier,
        rate=_rate(event),
        opted_out_since=_opted_out_since(message, group),
    )
    events = await decision.take(DELIVERY, stream, command)
    state = await decision.load(DELIVERY, stream)
    if state is None:
        msg = f"{stream} has no events after its beginning"
        raise RuntimeError(msg)
    return Begun(state, now=bool(events))


async def may_go_on(decision: Decision, message: Recorded) -> bool:
    """Tell whether a message that began but certainly never reached the carrier may still be handed over.

    If somebody has opted out since, it is withheld (R16). Run it with `caused_by(message)`.
    """
    event = message_of(message)
    group = group_conversation.existing(await decision.load(CONVERSATION, message.stream))
    command = delivery.GoOn(rate=_rate(event), opted_out_since=_opted_out_since(message, group))
    return not await decision.take(DELIVERY, delivery.stream(event.message_id), command)


def message_of(recorded: Recorded) -> MessageSent | InboundReceived:
    """Return a message's event; raises `TypeError` for any other."""
    if isinstance(recorded.event, MessageSent | InboundReceived):
        return recorded.event
    msg = f"{recorded.type} is not a message"
    raise TypeError(msg)


def _rate(event: MessageSent | InboundReceived) -> Rate | None:
    return event.rate if isinstance(event, MessageSent) else None


def _opted_out_since(message: Recorded, group: GroupConversation) -> bool:
    """Tell whether a message must not go out: a sent one after any later opt-out, a relayed one while the group is blocked."""
    return group.opted_out_since(message.version) if isinstance(message.event, MessageSent) else group.blocked


def _recipients(event: MessageSent | InboundReceived, group: GroupConversation) -> tuple[str, ...]:
    if isinstance(event, MessageSent):
        return event.recipients
    return tuple(number for number in group.numbers if number != event.number)


def caused_by(message: Recorded) -> Cause:
    """Return the envelope of what the delivery process does about a message."""
    return Cause(
        workspace_id=message.cause.workspace_id,
        actor=Actor("process", PROCESS),
        correlation_id=message.cause.correlation_id,
        causation_id=message.id,
    )
