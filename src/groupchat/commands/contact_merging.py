"""Merging a contact into another one, with all that follows from it in one append: links, do-not-disturb, blocks (R36, R54).

There is no moment in which a number of either contact is free of a person's do-not-disturb, and none in which a conversation is
linked to a contact that is gone.
"""

from groupchat.aggregates import contact as contacts
from groupchat.aggregates import group_conversation
from groupchat.aggregates.contact import Contact
from groupchat.aggregates.contact_merging import Absorb
from groupchat.commands.caller import Caller, access, visible_contact
from groupchat.commands.contacts import identify, relist
from groupchat.commands.do_not_disturb import follow_merge
from groupchat.commands.links import places_of_contact
from groupchat.commands.streams import CONTACT, CONTACT_MERGING, CONVERSATION
from groupchat.store.decision import Decision


async def merge_contacts(decision: Decision, who: Caller, contact_id: str, merged_id: str) -> Contact:
    """Merge a contact into another one, and delete it; return the one that stays. Repeating it changes nothing (R54).

    Raises `NotFoundError` for a contact that the caller doesn't see, `InvalidRequestError` for contacts that can't be merged.
    """
    rights = await access(decision, who)
    before = await visible_contact(decision, rights, contact_id)
    rights.require_writer()
    if merged_id in before.merged:
        return before
    merged = await visible_contact(decision, rights, merged_id)
    places = await places_of_contact(decision, rights.state, merged)
    await decision.take(CONTACT_MERGING, contact_id, Absorb(merged))
    await decision.take(CONTACT, merged_id, contacts.Delete())
    after = contacts.existing(await decision.load(CONTACT, contact_id))
    await identify(decision, rights, merged_id, merged.external_id, None)
    await identify(decision, rights, contact_id, before.external_id, after.external_id)
    await relist(decision, merged, before=merged.numbers, after=())
    await relist(decision, after, before=before.numbers, after=after.numbers)
    for conversation_id in dict.fromkeys(id_ for id_, _ in places):
        await decision.take(CONVERSATION, conversation_id, group_conversation.Relink(merged_id=merged_id, contact=after))
    await follow_merge(decision, rights.state, merged, after)
    return after
