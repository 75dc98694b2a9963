"""Opting out and in. An opt-out and the block of every conversation that it covers are one append (R16).

Which conversations a phone number takes part in is written in its consent stream when a group is created, so these commands need no
look-up that could be behind.
"""

from groupchat.aggregates import consent, group_conversation, group_opting
from groupchat.aggregates.consent import Cause, Consent
from groupchat.aggregates.contact import Contact
from groupchat.aggregates.group_state import GroupConversation
from groupchat.aggregates.workspace import Workspace
from groupchat.commands.caller import Caller, access, visible_group
from groupchat.commands.numbers import read_number
from groupchat.commands.streams import CONSENT, CONVERSATION
from groupchat.store.decision import Decision
from groupchat.values.errors import NotFoundError


async def opt_out_by_hand(decision: Decision, who: Caller, conversation_id: str, number: str) -> None:
    """Record that a participant told a user that they want no more messages (R14)."""
    rights = await access(decision, who)
    group = await visible_group(decision, rights, conversation_id)
    participant = read_number("number", number)
    if group.member(participant) is None:
        msg = f"{participant} is not a participant of this conversation."
        raise NotFoundError(msg, "participant")
    rights.require_number(group.business_number)
    said = consent.OptOut(business_number=group.business_number, number=participant, cause="user", evidence=rights.user.id)
    await opt_out(decision, said)


async def opt_out(decision: Decision, said: consent.OptOut) -> None:
    """Take a number's no: its consent, and the block of every conversation of the business number that it is in (R15)."""
    await decision.take(CONSENT, consent.stream(said.business_number, said.number), said)
    command = group_opting.OptOut(number=said.number, cause=said.cause, evidence=said.evidence)
    for conversation_id in (await _consent(decision, said.business_number, said.number)).conversations:
        await decision.take(CONVERSATION, conversation_id, command)


async def opt_in(decision: Decision, said: consent.OptIn) -> None:
    """Take a number's yes. Conversations stay blocked unless their policy reopens them, the newest first (R17)."""
    await decision.take(CONSENT, consent.stream(said.business_number, said.number), said)
    for conversation_id in reversed((await _consent(decision, said.business_number, said.number)).conversations):
        await _opt_in_one(decision, conversation_id, said.number, said.cause, said.evidence)


async def dnd_on(decision: Decision, state: Workspace, contact: Contact, *, evidence: str) -> None:
    """Block every conversation with a participant linked to the contact (R15)."""
    for conversation_id, number in await linked(decision, state, contact):
        command = group_opting.OptOut(number=number, cause="dnd", evidence=evidence)
        await decision.take(CONVERSATION, conversation_id, command)


async def dnd_off(decision: Decision, state: Workspace, contact: Contact, *, evidence: str) -> None:
    """Take DND back in every conversation with a participant linked to the contact, the newest first (R17)."""
    for conversation_id, number in sorted(await linked(decision, state, contact), reverse=True):
        await _opt_in_one(decision, conversation_id, number, "dnd", evidence)


async def linked(decision: Decision, state: Workspace, contact: Contact) -> list[tuple[str, str]]:
    """Return the (conversation, frozen number) pairs that are linked to a contact.

    A participant's number was its contact's when the group was created, so the consent streams of all numbers that the contact ever
    had lead to all of them; they are read, so that a group just being created can't slip through.
    """
    streams = [consent.stream(ours, theirs) for ours in state.numbers for theirs in contact.numbers_ever]
    consents = await decision.load_many(CONSENT, streams)
    ids = list(dict.fromkeys(id_ for known in consents if known for id_ in known.conversations))
    groups = await decision.load_many(CONVERSATION, ids)
    return [
        (id_, member.number)
        for id_, group in zip(ids, groups, strict=True)
        for member in group_conversation.existing(group).members
        if member.contact_id == contact.id
    ]


async def same_set(decision: Decision, business_number: str, numbers: tuple[str, ...]) -> list[tuple[str, GroupConversation]]:
    """Return the conversations of a business number with exactly these participants, oldest first (R35).

    All of them are in the consent stream of any one participant; every creation writes to it.
    """
    ids = (await _consent(decision, business_number, min(numbers))).conversations
    groups = await decision.load_many(CONVERSATION, ids)
    pairs = zip(ids, map(group_conversation.existing, groups), strict=True)
    return [(id_, group) for id_, group in pairs if set(group.numbers) == set(numbers)]


async def _opt_in_one(decision: Decision, conversation_id: str, number: str, cause: Cause, evidence: str) -> None:
    group = group_conversation.existing(await decision.load(CONVERSATION, conversation_id))
    others = await same_set(decision, group.business_number, group.numbers)
    command = group_opting.OptIn(
        number=number,
        cause=cause,
        evidence=evidence,
        same_set_is_open=any(not other.blocked for id_, other in others if id_ != conversation_id),
    )
    await decision.take(CONVERSATION, conversation_id, command)


async def _consent(decision: Decision, business_number: str, number: str) -> Consent:
    return await decision.load(CONSENT, consent.stream(business_number, number)) or consent.NONE
