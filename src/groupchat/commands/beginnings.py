"""Beginning a conversation, for a user or after a person's message (R44), with each participant's consent stream (R16, R35)."""

from collections.abc import Collection, Sequence

from groupchat.aggregates import consent, do_not_disturb, group_conversation, group_opting, phone_book
from groupchat.aggregates.group_events import Participant
from groupchat.aggregates.workspace_state import Workspace
from groupchat.commands.do_not_disturb import states_of
from groupchat.commands.streams import CONSENT, CONTACT, CONVERSATION, DO_NOT_DISTURB, PHONE_BOOK
from groupchat.store.decision import Decision


async def begin(decision: Decision, conversation_id: str, create: group_conversation.CreateGroup) -> None:
    """Take a conversation's creation, and add it to the consent stream of each participant."""
    await decision.take(CONVERSATION, conversation_id, create)
    for participant in create.roster:
        join = consent.Join(business_number=create.business_number, number=participant.number, conversation_id=conversation_id)
        await decision.take(CONSENT, consent.stream(create.business_number, participant.number), join)


async def load_for_inbound(decision: Decision, workspace_id: str, members: Collection[tuple[str, str]]) -> None:
    """Load what `begin_for_inbound` needs, for pairs of a business number and a person's number. Few queries read all of it."""
    numbers = {number for _, number in members}
    books = await decision.load_many(PHONE_BOOK, [phone_book.stream(workspace_id, number) for number in numbers])
    await decision.load_many(CONTACT, [book.oldest for book in books if book is not None and book.oldest is not None])
    await decision.load_many(CONSENT, [consent.stream(*pair) for pair in members])
    await decision.load_many(DO_NOT_DISTURB, [do_not_disturb.stream(workspace_id, number) for number in numbers])


async def begin_for_inbound(decision: Decision, state: Workspace, business_number: str, numbers: Sequence[str]) -> str:
    """Begin the conversation of a business number and the people of an inbound message; return its id (R44).

    No rule prevents it, because people's messages are never lost. People who opted out before block it from the start (R5, R15).
    """
    conversation_id = decision.new_id("cnv")
    create = group_conversation.CreateGroup(
        business_number=business_number,
        name=None,
        roster=tuple([await _participant(decision, number) for number in numbers]),
        policy=state.policy,
    )
    await begin(decision, conversation_id, create)
    await _block_for_opt_outs(decision, conversation_id, business_number, numbers)
    return conversation_id


async def _participant(decision: Decision, number: str) -> Participant:
    """Return a participant, linked to the oldest contact that has the number (R2)."""
    entry = await decision.load(PHONE_BOOK, phone_book.stream(decision.cause.workspace_id, number))
    contact = None if entry is None or entry.oldest is None else await decision.load(CONTACT, entry.oldest)
    if contact is None:
        return Participant(number=number)
    return Participant(number=number, contact_id=contact.id, name=contact.name)


async def _block_for_opt_outs(decision: Decision, conversation_id: str, business_number: str, numbers: Sequence[str]) -> None:
    consents = await decision.load_many(CONSENT, [consent.stream(business_number, number) for number in numbers])
    for number, known, dnd in zip(numbers, consents, await states_of(decision, numbers), strict=True):
        if known is not None and known.opted_out and known.last_out is not None:
            out = group_opting.OptOutParticipant(number=number, cause=known.last_out.cause, evidence=known.last_out.evidence)
            await decision.take(CONVERSATION, conversation_id, out)
        if dnd is not None and dnd.is_on:
            ((contact_id, _), *_) = dnd.contacts
            out = group_opting.OptOutParticipant(
                number=number, cause="dnd", evidence=decision.cause.actor.id, contact_id=contact_id
            )
            await decision.take(CONVERSATION, conversation_id, out)
