"""What carriers bring: a participant's text, perhaps a keyword (R11, R14, R15) or reaction (R42), and receipts (`receipts.py`)."""

from msgspec import Struct
from msgspec.structs import replace

from groupchat.aggregates import consent, group_conversation, number_claim, workspace
from groupchat.aggregates.group_events import InboundReceived, MessageSent
from groupchat.aggregates.group_state import GroupConversation
from groupchat.aggregates.keywords import Keyword, keyword, language_of
from groupchat.aggregates.workspace_state import Workspace
from groupchat.carriers.port import Inbound
from groupchat.commands.auto_replies import Asked, help_out, opt_out_and_confirm
from groupchat.commands.beginnings import begin_for_inbound
from groupchat.commands.consents import opt_in
from groupchat.commands.reviews import open_review
from groupchat.commands.streams import CONSENT, CONVERSATION, NUMBER_CLAIM, WORKSPACE
from groupchat.store.decision import Decision
from groupchat.store.event_store import EventStore
from groupchat.values.errors import NotFoundError
from groupchat.values.event import Actor, Cause, Recorded
from groupchat.values.reactions import reaction

_QUOTABLE = 200
"""The number of newest messages among which a reaction's quotation is looked for."""


class Received(Struct, frozen=True, kw_only=True):
    """The conversation of an inbound message.

    For a reaction, `message_id` is the message that it is about (R42).
    """

    conversation_id: str
    message_id: str
    others: tuple[str, ...]


async def receive(decision: Decision, inbound: Inbound) -> Received:
    """Record a participant's message, and apply a keyword in the same append (R16). A repeated webhook adds nothing.

    It is stored whatever its length (R47), and also without body and media: a carrier may lose what a person attached, but that
    they wrote is never lost (R44). Run it with `by_participant(...)`.

    A set of people without a conversation gets one, and so does a person who writes to the business alone (R44). A keyword of a
    person who is in no conversation is taken as written to the business alone (R15).

    Raises `NotFoundError` if the business number belongs to another workspace than the cause's, if the sender is a business number
    of the same workspace, or if the carrier doesn't say who was written to and there is no conversation, unless it is a keyword.
    """
    if await decision.load(NUMBER_CLAIM, number_claim.stream(inbound.to)) != decision.cause.workspace_id:
        raise _not_a_business_number(inbound.to)
    state = workspace.existing(await decision.load(WORKSPACE, decision.cause.workspace_id))
    if inbound.from_ in state.numbers_ever:
        msg = f"{inbound.from_} is a business number of this workspace, so its messages are not from a person."
        raise NotFoundError(msg)
    message_id = decision.new_id("msg")
    conversation_id, group = await _conversation_of(decision, inbound, state)
    others = () if group is None else tuple(number for number in group.numbers if number != inbound.from_)
    if conversation_id is not None and (quoted := await _reacted(decision, conversation_id, inbound)) is not None:
        return Received(conversation_id=conversation_id, message_id=quoted, others=others)
    recognized = keyword(inbound.body, alone=group is None or group.direct, own=state.keywords)
    if conversation_id is None and recognized is None:
        msg = f"{inbound.from_} is not in this group of {inbound.to}. Create the group first."
        raise NotFoundError(msg)
    if conversation_id is None:
        conversation_id = await begin_for_inbound(decision, state, inbound.to, [inbound.from_])
    is_new = await _write_down(decision, conversation_id, inbound, message_id, recognized)
    if recognized is not None and is_new:
        await _apply_keyword(decision, recognized, inbound, message_id, conversation_id)
    elif is_new:
        await open_review(decision, conversation_id, message_id, inbound.to, inbound.from_, inbound.body)
    return Received(conversation_id=conversation_id, message_id=message_id, others=others)


async def owner_of(store: EventStore, number: str) -> str:
    """Return the workspace that a business number belongs to; raises `NotFoundError` if it belongs to none."""
    stream = number_claim.stream(number)
    owner = await store.load(NUMBER_CLAIM, stream) or await store.load_fresh(NUMBER_CLAIM, stream)
    if owner is None:
        raise _not_a_business_number(number)
    return owner


def members_of(inbound: Inbound, state: Workspace) -> set[str]:
    """Return the people among whom a message was written: without the numbers of the business (R44)."""
    return {
        number for number in (inbound.from_, *(inbound.group or ())) if number != inbound.to and number not in state.numbers_ever
    }


def by_participant(workspace_id: str, carrier: str, inbound: Inbound, correlation_id: str) -> Cause:
    """Return the envelope of the events that a participant's message causes (R31)."""
    return Cause(
        workspace_id=workspace_id,
        actor=Actor("participant", inbound.from_),
        correlation_id=correlation_id,
        causation_id=report_id(carrier, inbound.carrier_message_id),
    )


def report_id(carrier: str, carrier_message_id: str) -> str:
    """Return the id of a carrier's report of a message, which is the cause of the message's events."""
    return f"{carrier}/{carrier_message_id}"


def carrier_of(received: Recorded) -> str:
    """Return the carrier that reported a message."""
    return received.cause.causation_id.partition("/")[0]


async def _write_down(
    decision: Decision, conversation_id: str, inbound: Inbound, message_id: str, recognized: Keyword | None
) -> bool:
    """Record a message in its conversation; return whether it is new."""
    command = group_conversation.Receive(
        message_id=message_id,
        number=inbound.from_,
        body=inbound.body or None,
        media=tuple(replace(each, media_id=decision.new_id("med")) for each in inbound.media),
        carrier_message_id=inbound.carrier_message_id,
        keyword=recognized,
    )
    return bool(await decision.take(CONVERSATION, conversation_id, command))


async def _reacted(decision: Decision, conversation_id: str, inbound: Inbound) -> str | None:
    """Record a text that is a reaction to one of the newest messages (R42), and return that message's id.

    None if the text is not a reaction, or if its quotation fits no message or several. Then it stays a text.
    """
    found = None if inbound.media else reaction(inbound.body)
    if found is None or inbound.body is None:
        return None
    newest = await decision.newest(CONVERSATION, conversation_id, (MessageSent, InboundReceived), _QUOTABLE)
    messages = [recorded.event for recorded in newest if isinstance(recorded.event, MessageSent | InboundReceived)]
    fitting = [message.message_id for message in messages if message.body is not None and found.quotes(message.body)]
    if len(fitting) != 1:
        return None
    command = group_conversation.React(
        message_id=fitting[0],
        number=inbound.from_,
        reaction=found,
        body=inbound.body,
        carrier_message_id=inbound.carrier_message_id,
    )
    await decision.take(CONVERSATION, conversation_id, command)
    return fitting[0]


async def _apply_keyword(decision: Decision, recognized: Keyword, inbound: Inbound, message_id: str, conversation_id: str) -> None:
    """Apply a keyword (R14), and answer it (R41), unless the carrier repeats it."""
    known = await decision.load(CONSENT, consent.stream(inbound.to, inbound.from_)) or consent.NONE
    if inbound.carrier_message_id in known.carrier_message_ids:
        return
    asked = Asked(
        conversation_id=conversation_id,
        message_id=message_id,
        number=inbound.from_,
        language=language_of(inbound.body or ""),
        at=decision.now,
        carrier_answers=inbound.carrier_answers,
    )
    word = {
        "business_number": inbound.to,
        "number": inbound.from_,
        "evidence": message_id,
        "carrier_message_id": inbound.carrier_message_id,
    }
    match recognized:
        case "opt-out":
            await opt_out_and_confirm(decision, consent.OptOut(cause="keyword", **word), asked)
        case "opt-in":
            await opt_in(decision, consent.OptIn(cause="keyword", **word))
        case "help":
            await help_out(decision, asked)


def _not_a_business_number(number: str) -> NotFoundError:
    return NotFoundError(f"{number} is not a business number of this workspace.", "business number")


async def _conversation_of(
    decision: Decision, inbound: Inbound, state: Workspace
) -> tuple[str, GroupConversation] | tuple[None, None]:
    """Return the conversation that a message belongs to.

    It is the one that already has the message; else, with the group's numbers, the newest with these participants (R35), which
    begins if there is none (R44); without, the sender's conversation with the newest activity.
    """
    known = await decision.load(CONSENT, consent.stream(inbound.to, inbound.from_)) or consent.NONE
    groups = await decision.load_many(CONVERSATION, known.conversations)
    found = list(zip(known.conversations, map(group_conversation.existing, groups), strict=True))
    for id_, group in found:
        if inbound.carrier_message_id in group.carrier_message_ids:
            return id_, group
    if inbound.group is not None:
        members = members_of(inbound, state)
        found = [(id_, group) for id_, group in found if set(group.numbers) == members][-1:]
        if not found:
            begun = await begin_for_inbound(decision, state, inbound.to, sorted(members))
            return begun, group_conversation.existing(await decision.load(CONVERSATION, begun))
    return max(found, key=lambda pair: (pair[1].last_activity, pair[0]), default=(None, None))
