"""Commands on contacts, with their effects in one append: phone book, links, do-not-disturb and blocks (R16, R36, R37)."""

from collections.abc import Iterable, Mapping

from msgspec import UNSET, Struct
from msgspec.structs import replace

from groupchat.aggregates import contact as contacts
from groupchat.aggregates import external_id as external_ids
from groupchat.aggregates import group_conversation, phone_book, workspace
from groupchat.aggregates.access import Access
from groupchat.aggregates.contact import Contact
from groupchat.aggregates.external_id import ClaimId, ExternalIdTakenError, ReleaseId
from groupchat.aggregates.phone_book import ListNumber, UnlistNumber
from groupchat.commands.caller import Caller, access, visible_contact
from groupchat.commands.do_not_disturb import follow_change, leave_behind
from groupchat.commands.links import link, places_of_contact
from groupchat.commands.streams import CONTACT, CONVERSATION, EXTERNAL_ID, PHONE_BOOK, WORKSPACE
from groupchat.commands.written_numbers import read_number
from groupchat.store.decision import Decision
from groupchat.values.errors import NotFoundError


class Foreign(Struct, frozen=True):
    """The data that another system stores with a contact (R54)."""

    external_id: str | None = None
    metadata: Mapping[str, str | None] = {}


NOTHING_FOREIGN = Foreign()


async def create_contact(
    decision: Decision,
    who: Caller,
    *,
    name: str,
    number: str,
    secondary_numbers: tuple[str, ...] = (),
    assigned_to: str | None = None,
    foreign: Foreign = NOTHING_FOREIGN,
) -> Contact:
    """Add a contact, with its numbers in any common format (R3), and the data of another system (R54)."""
    contact_id = decision.new_id("ctc")
    primary, secondary = read_number("number", number), _read_secondary(secondary_numbers)
    rights = await access(decision, who)
    rights.require_writer()
    assignee = rights.user.id if rights.restricted and assigned_to is None else assigned_to
    rights.require_assignable(assignee)
    workspace.require_user(rights.state, assignee)
    create = contacts.CreateContact(
        contact_id=contact_id, name=name, number=primary, secondary_numbers=secondary, assigned_to=assignee
    )
    await decision.take(CONTACT, contact_id, create)
    await identify(decision, rights, contact_id, None, foreign.external_id)
    await decision.take(CONTACT, contact_id, contacts.Change(external_id=foreign.external_id, metadata=foreign.metadata))
    contact = await _listed(decision, contact_id, before=())
    await link(decision, rights.state, contact, contact.numbers)
    return contact


async def change_contact(decision: Decision, who: Caller, contact_id: str, change: contacts.Change) -> Contact:
    """Change a contact. DND blocks all conversations with its numbers or linked to it, in the same append (R16, R36)."""
    read = contacts.Change(
        name=change.name,
        number=UNSET if change.number is UNSET else read_number("number", change.number),
        secondary_numbers=UNSET if change.secondary_numbers is UNSET else _read_secondary(change.secondary_numbers),
        assigned_to=change.assigned_to,
        dnd=change.dnd,
        external_id=change.external_id,
        metadata=change.metadata,
    )
    rights = await access(decision, who)
    before = await visible_contact(decision, rights, contact_id)
    rights.require_writer()
    if read.assigned_to is not UNSET:
        rights.require_assignable(read.assigned_to)
        workspace.require_user(rights.state, read.assigned_to)
    if read.number is not UNSET or read.secondary_numbers is not UNSET:
        in_groups = {number for _, number in await places_of_contact(decision, rights.state, before)}
        read = replace(read, in_groups=tuple(in_groups))
    if read.external_id is not UNSET:
        await identify(decision, rights, contact_id, before.external_id, read.external_id)
    await decision.take(CONTACT, contact_id, read)
    after = await _listed(decision, contact_id, before=before.numbers)
    await link(decision, rights.state, after, [number for number in after.numbers if number not in before.numbers])
    await follow_change(decision, rights.state, before, after)
    return after


async def delete_contact(decision: Decision, who: Caller, contact_id: str) -> None:
    """Delete a contact. Its conversations keep its frozen number (R8) and tag it (R9); its DND stays with its numbers (R36)."""
    rights = await access(decision, who)
    before = await visible_contact(decision, rights, contact_id)
    rights.require_writer()
    await identify(decision, rights, contact_id, before.external_id, None)
    await decision.take(CONTACT, contact_id, contacts.Delete())
    await relist(decision, before, before=before.numbers, after=())
    await leave_behind(decision, before, before.numbers)


async def put_contact(
    decision: Decision, who: Caller, external_id: str, name: str, number: str, change: contacts.Change
) -> Contact:
    """Change the contact that has an external id, or add one (R54). Fields that are not given stay, or are empty."""
    claim = await decision.load(EXTERNAL_ID, external_ids.stream(decision.cause.workspace_id, external_id))
    if claim is None or claim.contact_id is None:
        return await put_new_contact(decision, who, external_id, name, number, change)
    try:
        return await change_contact(decision, who, claim.contact_id, replace(change, name=name, number=number))
    except NotFoundError as error:  # the id belongs to a contact that the caller doesn't see (R22)
        raise ExternalIdTakenError(external_id, None) from error


async def put_new_contact(
    decision: Decision, who: Caller, external_id: str | None, name: str, number: str, change: contacts.Change
) -> Contact:
    """Add a contact; fields that `change` does not give are empty (R54)."""
    contact = await create_contact(
        decision,
        who,
        name=name,
        number=number,
        secondary_numbers=() if change.secondary_numbers is UNSET else change.secondary_numbers,
        assigned_to=None if change.assigned_to is UNSET else change.assigned_to,
        foreign=Foreign(external_id, {} if change.metadata is UNSET else change.metadata),
    )
    return contact if change.dnd is UNSET else await change_contact(decision, who, contact.id, contacts.Change(dnd=change.dnd))


async def holder_of(decision: Decision, who: Caller, external_id: str) -> str | None:
    """Return the id of the contact that has an external id, none if there is none. It may be hidden from the caller."""
    claim = await decision.load(EXTERNAL_ID, external_ids.stream(who.workspace_id, external_id))
    return None if claim is None else claim.contact_id


async def same_number_as(decision: Decision, who: Caller, contact_id: str, numbers: Iterable[str]) -> tuple[str, ...]:
    """Return the other contacts that have one of a contact's numbers, oldest first, as far as the caller can see them (R22)."""
    rights = await access(decision, who)
    return tuple([each for each in await visible_holders(decision, rights, numbers) if each != contact_id])


async def visible_holders(decision: Decision, rights: Access, numbers: Iterable[str]) -> list[str]:
    """Return the contacts that have one of these numbers (E.164), oldest first, as far as the caller can see them (R22)."""
    streams = [phone_book.stream(decision.cause.workspace_id, number) for number in numbers]
    since = {id_: at for entry in await decision.load_many(PHONE_BOOK, streams) if entry for id_, at in entry.contacts.items()}
    ids = sorted(since, key=lambda id_: (since[id_], id_))
    if not rights.restricted:
        return ids
    return [each.id for each in await decision.load_many(CONTACT, ids) if each is not None and rights.sees_contact(each)]


async def holders_of(decision: Decision, who: Caller, number: str) -> frozenset[str]:
    """Return the ids of the contacts that have a number (E.164). Some may be hidden from the caller."""
    entry = await decision.load(PHONE_BOOK, phone_book.stream(who.workspace_id, number))
    return frozenset() if entry is None else frozenset(id_ for id_, _ in entry.contacts.items())


async def identify(decision: Decision, rights: Access, contact_id: str, before: str | None, after: str | None) -> None:
    """Give up a contact's external id, and claim another (R54)."""
    if before == after:
        return
    if before is not None:
        release = ReleaseId(external_id=before, contact_id=contact_id)
        await decision.take(EXTERNAL_ID, external_ids.stream(decision.cause.workspace_id, before), release)
    if after is not None:
        claim = ClaimId(external_id=after, contact_id=contact_id)
        try:
            await decision.take(EXTERNAL_ID, external_ids.stream(decision.cause.workspace_id, after), claim)
        except ExternalIdTakenError as error:
            raise ExternalIdTakenError(after, None) if rights.restricted else error from error


async def note_change(decision: Decision, contact_id: str) -> None:
    """Update every conversation of a contact to the contact's present state (R9, R11)."""
    state = workspace.existing(await decision.load(WORKSPACE, decision.cause.workspace_id))
    contact = await decision.load(CONTACT, contact_id)
    if contact is None:
        msg = f"{contact_id} has an event and no state"
        raise RuntimeError(msg)
    note = group_conversation.NoteContact(contact=contact)
    for conversation_id in dict.fromkeys(id_ for id_, _ in await places_of_contact(decision, state, contact)):
        await decision.take(CONVERSATION, conversation_id, note)


async def _listed(decision: Decision, contact_id: str, before: tuple[str, ...]) -> Contact:
    after = contacts.existing(await decision.load(CONTACT, contact_id))
    await relist(decision, after, before, after.numbers)
    return after


async def relist(decision: Decision, contact: Contact, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Update the phone book to a contact's numbers (R2)."""
    streams = {number: phone_book.stream(contact.workspace_id, number) for number in {*before, *after}}
    await decision.load_many(PHONE_BOOK, streams.values())
    for number in sorted(set(after) - set(before)):
        listing = ListNumber(number=number, contact_id=contact.id, contact_since=contact.since)
        await decision.take(PHONE_BOOK, streams[number], listing)
    for number in sorted(set(before) - set(after)):
        await decision.take(PHONE_BOOK, streams[number], UnlistNumber(number=number, contact_id=contact.id))


def _read_secondary(written: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(read_number(f"secondary_numbers.{index}", number) for index, number in enumerate(written))
