"""The conversations of a contact or phone number, and linking participants to a contact that was added later (R37).

Creating a group writes to the consent stream of each participant's number, in the same append. These streams are read here, so a
group that is being created at this moment can't be missed (R16).
"""

from collections.abc import Sequence

from groupchat.aggregates import consent, group_conversation
from groupchat.aggregates.contact import Contact
from groupchat.aggregates.group_state import GroupConversation, Member
from groupchat.aggregates.workspace_state import Workspace
from groupchat.commands.streams import CONSENT, CONVERSATION
from groupchat.store.decision import Decision

Place = tuple[str, str]
"""A conversation's id, and the frozen number of one of its participants."""


async def places_of_numbers(decision: Decision, state: Workspace, numbers: Sequence[str]) -> list[Place]:
    """Return the conversations of numbers, linked to a contact or not, of any business number."""
    return [(id_, member.number) for id_, member in await _members(decision, state, numbers) if member.number in numbers]


async def places_of_contact(decision: Decision, state: Workspace, contact: Contact) -> list[Place]:
    """Return the participants that are linked to a contact.

    When a participant was linked, their number was the contact's, so the numbers that the contact ever had lead to all of them.
    """
    found = await _members(decision, state, contact.numbers_ever)
    return [(id_, member.number) for id_, member in found if member.contact_id == contact.id]


async def link(decision: Decision, state: Workspace, contact: Contact, numbers: Sequence[str]) -> None:
    """Link the participants who have no contact to the contact that now has their number (R37)."""
    for conversation_id, number in await places_of_numbers(decision, state, numbers):
        await decision.take(CONVERSATION, conversation_id, group_conversation.Link(number=number, contact=contact))


async def _members(decision: Decision, state: Workspace, numbers: Sequence[str]) -> list[tuple[str, Member]]:
    """Return all members of all conversations with any of these numbers."""
    consents = await decision.load_many(
        CONSENT, [consent.stream(ours, theirs) for ours in state.numbers_ever for theirs in numbers]
    )
    ids = list(dict.fromkeys(id_ for known in consents if known for id_ in known.conversations))
    groups: list[GroupConversation | None] = await decision.load_many(CONVERSATION, ids)
    return [(id_, each) for id_, group in zip(ids, groups, strict=True) for each in group_conversation.existing(group).members]
