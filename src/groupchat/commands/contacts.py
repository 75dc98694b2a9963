"""Commands on contacts, and what goes with them in one append: the phone book, and the blocks that DND brings (R14 to R16)."""

from msgspec import UNSET

from groupchat.aggregates import contact as contacts
from groupchat.aggregates import phone_book, workspace
from groupchat.aggregates.contact import Contact, DndTurnedOff, DndTurnedOn
from groupchat.aggregates.phone_book import NumberListed, NumberUnlisted
from groupchat.commands.caller import Caller, access, visible_contact
from groupchat.commands.consents import dnd_off, dnd_on
from groupchat.commands.numbers import read_number
from groupchat.commands.streams import CONTACT, PHONE_BOOK
from groupchat.store.decision import Decision
from groupchat.store.event_store import EventStore, Outcome
from groupchat.values.ids import new_id


async def create_contact(
    store: EventStore,
    who: Caller,
    *,
    name: str,
    number: str,
    secondary_numbers: tuple[str, ...] = (),
    assigned_to: str | None = None,
) -> Outcome[Contact]:
    """Add a contact, its numbers in any written form (R3)."""
    contact_id = new_id("ctc")
    primary, secondary = read_number("number", number), _read_secondary(secondary_numbers)

    async def decide(decision: Decision) -> Contact:
        rights = await access(decision, who)
        rights.require_writer()
        assignee = rights.user.id if rights.restricted and assigned_to is None else assigned_to
        rights.require_assignable(assignee)
        workspace.require_user(rights.state, assignee)
        create = contacts.Create(
            contact_id=contact_id, name=name, number=primary, secondary_numbers=secondary, assigned_to=assignee
        )
        await decision.decide(CONTACT, contact_id, contacts.decide, create)
        return await _listed(decision, contact_id, before=())

    return await store.decide(who.cause(), decide)


async def change_contact(store: EventStore, who: Caller, contact_id: str, change: contacts.Change) -> Outcome[Contact]:
    """Change a contact. DND on blocks all its conversations in the same append (R16)."""
    read = contacts.Change(
        name=change.name,
        number=UNSET if change.number is UNSET else read_number("number", change.number),
        secondary_numbers=UNSET if change.secondary_numbers is UNSET else _read_secondary(change.secondary_numbers),
        assigned_to=change.assigned_to,
        dnd=change.dnd,
    )

    async def decide(decision: Decision) -> Contact:
        rights = await access(decision, who)
        before = await visible_contact(decision, rights, contact_id)
        rights.require_writer()
        if read.assigned_to is not UNSET:
            rights.require_assignable(read.assigned_to)
            workspace.require_user(rights.state, read.assigned_to)
        events = await decision.decide(CONTACT, contact_id, contacts.decide, read)
        after = await _listed(decision, contact_id, before=before.numbers)
        if any(isinstance(event, DndTurnedOn) for event in events):
            await dnd_on(decision, rights.state, after, evidence=who.user.id)
        if any(isinstance(event, DndTurnedOff) for event in events):
            await dnd_off(decision, rights.state, after, evidence=who.user.id)
        return after

    return await store.decide(who.cause(), decide)


async def delete_contact(store: EventStore, who: Caller, contact_id: str) -> Outcome[None]:
    """Delete a contact; its conversations keep its frozen number (R8) and tag it (R9)."""

    async def decide(decision: Decision) -> None:
        rights = await access(decision, who)
        before = await visible_contact(decision, rights, contact_id)
        rights.require_writer()
        await decision.decide(CONTACT, contact_id, contacts.decide, contacts.Delete())
        await _relist(decision, before, before=before.numbers, after=())

    return await store.decide(who.cause(), decide)


async def _listed(decision: Decision, contact_id: str, before: tuple[str, ...]) -> Contact:
    after = contacts.existing(await decision.load(CONTACT, contact_id))
    await _relist(decision, after, before, after.numbers)
    return after


async def _relist(decision: Decision, contact: Contact, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Bring the phone book in line with a contact's numbers (R2)."""
    streams = {number: phone_book.stream(contact.workspace_id, number) for number in {*before, *after}}
    await decision.load_many(PHONE_BOOK, streams.values())
    for number in sorted(set(after) - set(before)):
        listed = NumberListed(number=number, contact_id=contact.id, contact_since=contact.since)
        decision.emit(PHONE_BOOK, streams[number], [listed])
    for number in sorted(set(before) - set(after)):
        decision.emit(PHONE_BOOK, streams[number], [NumberUnlisted(number=number, contact_id=contact.id)])


def _read_secondary(written: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(read_number(f"secondary_numbers.{index}", number) for index, number in enumerate(written))
