"""Do-not-disturb with its effects in one append: the state of each number, and the blocks (R14 to R17, R36).

Each number of a contact has a stream that says whether do-not-disturb applies to it. A participant who is linked to a contact
through a former number is covered by that link.
"""

from collections.abc import Iterable, Sequence

from groupchat.aggregates import do_not_disturb, group_conversation, group_opting
from groupchat.aggregates.contact import Contact
from groupchat.aggregates.do_not_disturb import DoNotDisturb, LeaveBehind, Lift, TurnOff, TurnOn
from groupchat.aggregates.workspace_state import Workspace
from groupchat.commands.caller import Caller, access
from groupchat.commands.consents import come_back, same_sets
from groupchat.commands.links import Place, places_of_contact, places_of_numbers
from groupchat.commands.streams import CONTACT, CONVERSATION, DO_NOT_DISTURB
from groupchat.commands.written_numbers import read_number
from groupchat.store.decision import Decision


async def lift_do_not_disturb(decision: Decision, who: Caller, number: str, reason: str) -> None:
    """End do-not-disturb that removed or deleted contacts have left on a number, with a recorded reason (R36).

    Raises `NotFoundError` for a number without do-not-disturb, `DoNotDisturbOnError` while a contact that has the number has DND
    on.
    """
    rights = await access(decision, who)
    rights.require_manager()
    read = read_number("number", number)
    await decision.take(DO_NOT_DISTURB, _stream(decision, read), Lift(number=read, reason=reason))
    await _let_back(decision, await places_of_numbers(decision, rights.state, (read,)))


async def states_of(decision: Decision, numbers: Sequence[str]) -> list[DoNotDisturb | None]:
    """Return each number's do-not-disturb state (R36)."""
    return await decision.load_many(DO_NOT_DISTURB, [_stream(decision, number) for number in numbers])


async def follow_change(decision: Decision, state: Workspace, before: Contact, after: Contact) -> None:
    """Update the numbers' do-not-disturb states, and the blocks, after a contact has changed."""
    await states_of(decision, (*before.numbers, *after.numbers))
    if before.dnd:
        await leave_behind(decision, before, [number for number in before.numbers if number not in after.numbers])
        gained = [number for number in after.numbers if number not in before.numbers]
        await _turn_on(decision, after, gained, await places_of_numbers(decision, state, gained))
    if after.dnd and not before.dnd:
        await _turn_on(decision, after, after.numbers, await _places(decision, state, after))
    if before.dnd and not after.dnd:
        for number in after.numbers:
            await decision.take(DO_NOT_DISTURB, _stream(decision, number), TurnOff(number=number, contact_id=after.id))
        await _let_back(decision, await _places(decision, state, after))


async def follow_merge(decision: Decision, state: Workspace, merged: Contact, after: Contact) -> None:
    """Update the numbers' do-not-disturb states, and the blocks, after a contact was merged into another (R36, R54).

    Run it once the merged contact's participants are linked to the other one: its DND applies to them too.
    """
    await leave_behind(decision, merged, merged.numbers)
    if after.dnd:
        await _turn_on(decision, after, after.numbers, await _places(decision, state, after))


async def leave_behind(decision: Decision, contact: Contact, numbers: Iterable[str]) -> None:
    """Leave a contact's do-not-disturb with the numbers that it no longer has, if its DND is on."""
    for number in numbers:
        await decision.take(DO_NOT_DISTURB, _stream(decision, number), LeaveBehind(number=number, contact_id=contact.id))


async def _turn_on(decision: Decision, contact: Contact, numbers: Iterable[str], places: Iterable[Place]) -> None:
    for number in numbers:
        await decision.take(DO_NOT_DISTURB, _stream(decision, number), TurnOn(number=number, contact_id=contact.id))
    evidence = decision.cause.actor.id
    for conversation_id, number in places:
        out = group_opting.OptOutParticipant(number=number, cause="dnd", evidence=evidence, contact_id=contact.id)
        await decision.take(CONVERSATION, conversation_id, out)


async def _let_back(decision: Decision, places: Iterable[Place]) -> None:
    """Lift DND where no contact's applies any more, in the newest conversation first (R17, R35)."""
    newest_first = sorted(places, reverse=True)
    alike = await same_sets(decision, dict.fromkeys(id_ for id_, _ in newest_first))
    for conversation_id, number in newest_first:
        if not await _is_out(decision, conversation_id, number):
            await come_back(decision, conversation_id, number, "dnd", decision.cause.actor.id, alike)


async def _is_out(decision: Decision, conversation_id: str, number: str) -> bool:
    """Return whether a participant is opted out through their number, or through the contact that they are linked to."""
    known = await decision.load(DO_NOT_DISTURB, _stream(decision, number))
    if known is not None and known.is_on:
        return True
    member = group_conversation.existing(await decision.load(CONVERSATION, conversation_id)).member(number)
    linked = await decision.load(CONTACT, member.contact_id) if member and member.contact_id else None
    return linked is not None and linked.refuses(number)


async def _places(decision: Decision, state: Workspace, contact: Contact) -> list[Place]:
    """Return the conversations where a contact's DND applies: through its numbers, and through links."""
    by_number = await places_of_numbers(decision, state, contact.numbers)
    return list(dict.fromkeys((*by_number, *await places_of_contact(decision, state, contact))))


def _stream(decision: Decision, number: str) -> str:
    return do_not_disturb.stream(decision.cause.workspace_id, number)
