"""A contact from a line of a sheet: added, changed, or found as it is (R54)."""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from groupchat.aggregates import contact as contacts
from groupchat.aggregates import phone_book
from groupchat.commands.caller import Caller, access
from groupchat.commands.contacts import change_contact, put_contact, put_new_contact
from groupchat.commands.numbers import read_number
from groupchat.commands.streams import CONTACT, PHONE_BOOK
from groupchat.store.decision import Decision


class LineTaken(Struct, frozen=True):
    """The contact of a line, and the outcome."""

    contact_id: str
    outcome: Literal["created", "updated", "unchanged"]


class SheetContact(Struct, frozen=True, kw_only=True):
    """A contact as in a line; the other fields are in `change`."""

    external_id: str | None
    name: str
    number: str
    change: contacts.Change


async def take_line(decision: Decision, who: Caller, given: SheetContact) -> LineTaken:
    """Add or change the contact of a line: the one with its external id, or without an id, the oldest with its number."""
    if given.external_id is not None:
        contact = await put_contact(decision, who, given.external_id, given.name, given.number, given.change)
    elif (known := await _with_number(decision, who, given.number)) is not None:
        contact = await change_contact(decision, who, known, replace(given.change, name=given.name))
    else:
        contact = await put_new_contact(decision, who, None, given.name, given.number, given.change)
    if not decision.emitted:
        return LineTaken(contact.id, "unchanged")
    is_new = any(isinstance(each.event, contacts.ContactCreated) for each in decision.emitted)
    return LineTaken(contact.id, "created" if is_new else "updated")


async def _with_number(decision: Decision, who: Caller, number: str) -> str | None:
    """Return the oldest contact with a number that the caller can see (R22)."""
    rights = await access(decision, who)
    entry = await decision.load(PHONE_BOOK, phone_book.stream(who.workspace_id, read_number("number", number)))
    held = [] if entry is None else sorted((since, id_) for id_, since in entry.contacts.items())
    found = await decision.load_many(CONTACT, [id_ for _, id_ in held])
    return next((each.id for each in found if each is not None and rights.sees_contact(each)), None)
