"""A contact from a line of a sheet: added, changed, or found as it is (R54)."""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from groupchat.aggregates import contact as contacts
from groupchat.commands.caller import Caller, access
from groupchat.commands.contacts import change_contact, put_contact, put_new_contact, same_number_as, visible_holders
from groupchat.commands.written_numbers import read_number
from groupchat.store.decision import Decision


class LineTaken(Struct, frozen=True):
    """The contact of a line, the outcome, and other contacts that have one of its numbers."""

    contact_id: str
    outcome: Literal["created", "updated", "unchanged"]
    same_number_as: tuple[str, ...] = ()


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
    return LineTaken(contact.id, _outcome(decision), await same_number_as(decision, who, contact.id, contact.numbers))


def _outcome(decision: Decision) -> Literal["created", "updated", "unchanged"]:
    if not decision.emitted:
        return "unchanged"
    is_new = any(isinstance(each.event, contacts.ContactCreated) for each in decision.emitted)
    return "created" if is_new else "updated"


async def _with_number(decision: Decision, who: Caller, number: str) -> str | None:
    """Return the oldest contact with a number that the caller can see (R22)."""
    found = await visible_holders(decision, await access(decision, who), [read_number("number", number)])
    return found[0] if found else None
