"""Merging: two contacts of one person become one (R54). It decides on the contact that stays; the other one is deleted.

- R54 The contact that stays keeps its fields. What it lacks, it takes from the other one: numbers, the assigned user, the external
  id, and keys of metadata.
- R36 DND on either contact is the person's, so the contact that stays has it on.
"""

from msgspec import Struct

from groupchat.aggregates import contact as contacts
from groupchat.aggregates.contact import MAX_SECONDARY, Change, Contact, ContactMerged, existing
from groupchat.values.errors import InvalidRequestError
from groupchat.values.event import Event


class Absorb(Struct, frozen=True):
    """Merge another contact, as it is before it is deleted, into this one."""

    other: Contact


def decide(command: Absorb, state: Contact | None) -> list[Event]:
    """Return the events of a command; none if the other contact was merged into this one before.

    Raises `NotFoundError` for a contact that is unknown or deleted, `InvalidRequestError` for one and the same contact, and for
    contacts that have more numbers or metadata together than one can have.
    """
    kept, other = existing(state), command.other
    if other.id in kept.merged:
        return []
    if other.id == kept.id:
        raise InvalidRequestError("contact_id", "A contact can't be merged into itself. Name another contact.")
    merged = ContactMerged(contact_id=kept.id, merged_id=other.id, numbers_ever=other.numbers_ever)
    return [merged, *contacts.decide(_change(kept, other), kept)]


def _change(kept: Contact, other: Contact) -> Change:
    secondary = (*kept.secondary_numbers, *(number for number in other.numbers if number not in kept.numbers))
    if len(secondary) > MAX_SECONDARY:
        msg = f"Together, the contacts have {len(secondary)} secondary numbers, and a contact can have {MAX_SECONDARY}."
        raise InvalidRequestError("contact_id", f"{msg} Remove numbers first.")
    return Change(
        secondary_numbers=secondary,
        assigned_to=kept.assigned_to or other.assigned_to,
        dnd=kept.dnd or other.dnd,
        external_id=kept.external_id or other.external_id,
        metadata={**other.metadata, **kept.metadata},
    )
