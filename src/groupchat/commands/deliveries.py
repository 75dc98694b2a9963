"""Handing a message over: start the delivery, unless someone has opted out since the message was accepted (R16)."""

from collections.abc import Sequence

from msgspec import Struct

from groupchat.aggregates import delivery, group_conversation
from groupchat.aggregates.delivery_state import Delivery
from groupchat.aggregates.group_events import AutoReplied, InboundReceived, MessageSent
from groupchat.aggregates.group_state import GroupConversation
from groupchat.commands.streams import CONVERSATION, DELIVERY, WORKSPACE
from groupchat.store.decision import Decision
from groupchat.values.carriers import CarrierLimits, KnownCarriers
from groupchat.values.event import Recorded
from groupchat.values.money import Rate

PROCESS = "delivery"
Deliverable = MessageSent | InboundReceived | AutoReplied
"""The events of messages that may be handed to a carrier."""
MESSAGES = frozenset({MessageSent.TOPIC, InboundReceived.TOPIC, AutoReplied.TOPIC})
"""Events that a conversation may get while a message of it is handed over; none of them opts anyone out (R16)."""
_FURTHER_MESSAGES = 20
"""The number of such events after which a process reads the conversation again."""


class Begun(Struct, frozen=True):
    """A delivery's state, and whether the process that asks must hand the message over now.

    It is `too_late` for a message that may have arrived if someone has opted out since.
    """

    delivery: Delivery
    now: bool
    too_late: bool = False


async def begin_all(decision: Decision, carriers: KnownCarriers, messages: Sequence[Recorded]) -> list[Begun | None]:
    """Do the same as `begin` for several messages, each under its own cause."""
    await decision.load_pasts(CONVERSATION, {each.stream: _recent(each) for each in messages}, MESSAGES)
    await decision.load_many(DELIVERY, [delivery.stream(message_of(each).message_id) for each in messages])
    begun: list[Begun | None] = []
    for message in messages:
        decision.cause = message.causes(PROCESS)
        begun.append(await begin(decision, carriers, message))
    return begun


async def begin(decision: Decision, carriers: KnownCarriers, message: Recorded) -> Begun | None:
    """Record that a message's hand-over begins, or that the message is withheld; run it with `message.causes(PROCESS)`.

    Of a message in several parts, record that the hand-over of the next part begins, or that the rest is withheld.

    The append depends on the conversation: if anything but further messages is stored in it first, such as an opt-out, the command
    decides again.
    """
    event = message_of(message)
    stream = delivery.stream(event.message_id)
    group = group_conversation.existing(await decision.load_past(CONVERSATION, message.stream, MESSAGES, _recent(message)))
    workspace = await decision.load(WORKSPACE, group.workspace_id)
    carrier = carriers.named(None if workspace is None else workspace.carrier_of(group.business_number))
    known = await decision.load(DELIVERY, stream)
    recipients = _recipients(event, group)
    if known is None and isinstance(event, InboundReceived) and (carrier not in carriers.relaying or not recipients):
        return None
    command = delivery.Begin(
        message_id=event.message_id,
        conversation_id=message.stream,
        business_number=group.business_number,
        recipients=recipients,
        carrier=carrier,
        rate=_rate(event),
        withhold=await _must_not_go(decision, message, group),
        parts=_parts(carriers.limits_of(carrier), event, len(recipients)),
    )
    events = await decision.take(DELIVERY, stream, command)
    return Begun(await _existing(decision, stream), now=bool(events))


async def go_on(decision: Decision, message: Recorded, call: int, *, renew: bool, may_have_arrived: bool = False) -> Begun:
    """Hand over a message again whose call never reached the carrier, or can be repeated; `renew` starts another call.

    If the message must not be sent any more, it is withheld. One that `may_have_arrived` can't be: it is `too_late`. If another
    call than `call` was started since, nothing happens. Run it with `message.causes(PROCESS)`.
    """
    event, stream = message_of(message), delivery.stream(message_of(message).message_id)
    group = group_conversation.existing(await decision.load(CONVERSATION, message.stream))
    late = await _must_not_go(decision, message, group)
    if late and may_have_arrived:
        return Begun(await _existing(decision, stream), now=False, too_late=True)
    command = delivery.GoOn(rate=_rate(event), withhold=late, call=call, renew=renew)
    events = await decision.take(DELIVERY, stream, command)
    state = await _existing(decision, stream)
    return Begun(state, now=state.unanswered and (bool(events) or state.call == call))


async def refused(decision: Decision, message_id: str, call: int, reason: str) -> int:
    """Record that the carrier refused a call for now, so that no process takes it for one that may have arrived.

    Return how many calls of the message it has refused.
    """
    stream = delivery.stream(message_id)
    await decision.take(DELIVERY, stream, delivery.RecordRefusal(call=call, reason=reason))
    return (await _existing(decision, stream)).refusals


async def _existing(decision: Decision, stream: str) -> Delivery:
    state = await decision.load(DELIVERY, stream)
    if state is None:
        msg = f"{stream} has no events after its beginning"
        raise RuntimeError(msg)
    return state


def _recent(message: Recorded) -> int:
    """Return the oldest version of a message's conversation that is recent enough."""
    return message.version - _FURTHER_MESSAGES


def message_of(recorded: Recorded) -> Deliverable:
    """Return a message's event; raises `TypeError` for any other."""
    if isinstance(recorded.event, Deliverable):
        return recorded.event
    msg = f"{recorded.type} is not a message"
    raise TypeError(msg)


def _parts(limits: CarrierLimits, event: Deliverable, recipients: int) -> int:
    files = () if isinstance(event, AutoReplied) else event.media
    return limits.parts_of(has_body=bool(event.body), files=len(files), recipients=recipients)


def _rate(event: Deliverable) -> Rate | None:
    return None if isinstance(event, InboundReceived) else event.rate


async def _must_not_go(decision: Decision, message: Recorded, group: GroupConversation) -> bool:
    """Return whether a message must not be sent: an opt-out (R16), its time is over (R41), or its number was given up (R56)."""
    state = await decision.load(WORKSPACE, group.workspace_id)
    if state is not None and group.business_number in state.given_up:
        return True
    if isinstance(message.event, AutoReplied):
        return decision.now >= message.event.send_by or not _still_fits(message.event, group)
    return _opted_out_since(message, group)


def _still_fits(answer: AutoReplied, group: GroupConversation) -> bool:
    """Return whether an answer is still true: a confirmation is for somebody who is out, help for somebody who is not."""
    member = group.member(answer.number)
    return member is not None and bool(member.out) == (answer.purpose == "opt-out")


def _opted_out_since(message: Recorded, group: GroupConversation) -> bool:
    """Return whether an opt-out forbids a message: any later one for a sent message, and a block for a relayed one."""
    return group.opted_out_since(message.version) if isinstance(message.event, MessageSent) else group.blocked


def _recipients(event: Deliverable, group: GroupConversation) -> tuple[str, ...]:
    match event:
        case MessageSent():
            return event.recipients
        case AutoReplied():
            return (event.number,)
        case InboundReceived():
            return tuple(number for number in group.numbers if number != event.number)
