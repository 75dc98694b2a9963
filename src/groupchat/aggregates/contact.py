"""Contact: a person in the workspace's directory.

- R2 A contact has a primary number and any secondary numbers; R4 these may be of any region.
- R3 Numbers are E.164; a contact has each number once.
- R5, R14, R36 Do-not-disturb (DND) opts out all its numbers from everything, and is stored with each number (`do_not_disturb.py`).
- R54 It can have an id in another system, unique in the workspace (`external_id.py`), and metadata.
- R9 Its changes reach its conversations as tags: `processes/contact_changes.py`.
- R54 Two contacts of one person can be merged: `contact_merging.py`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar, assert_never

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from groupchat.values.errors import InvalidRequestError, NotFoundError
from groupchat.values.event import Event, Recorded, stored_as
from groupchat.values.metadata import Metadata, MetadataChange, changed

MAX_SECONDARY = 20
"""The most secondary numbers that a contact can have."""

# --- events


@stored_as("groupchat.contact.created")
class ContactCreated(Event, frozen=True, kw_only=True):
    """A contact joined the directory."""

    contact_id: str
    name: str
    number: str
    secondary_numbers: tuple[str, ...]
    assigned_to: str | None


@stored_as("groupchat.contact.renamed")
class Renamed(Event, frozen=True, kw_only=True):
    """The contact has a new name."""

    contact_id: str
    name: str


@stored_as("groupchat.contact.numbers_changed")
class NumbersChanged(Event, frozen=True, kw_only=True):
    """The contact now has these numbers. `released` are former numbers that no group has: they no longer lead to the contact."""

    class_version: ClassVar[int] = 2

    contact_id: str
    number: str
    secondary_numbers: tuple[str, ...]
    released: tuple[str, ...] = ()

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """Add `released`, which older events lack; any former number may be in a group."""
        state["released"] = []


@stored_as("groupchat.contact.assigned")
class Assigned(Event, frozen=True, kw_only=True):
    """The contact is assigned to a user, or to nobody."""

    contact_id: str
    user_id: str | None


@stored_as("groupchat.contact.dnd_turned_on")
class DndTurnedOn(Event, frozen=True, kw_only=True):
    """The contact wants no messages (R5, R14)."""

    contact_id: str


@stored_as("groupchat.contact.dnd_turned_off")
class DndTurnedOff(Event, frozen=True, kw_only=True):
    """The contact accepts messages again."""

    contact_id: str


@stored_as("groupchat.contact.external_id_given")
class ExternalIdGiven(Event, frozen=True, kw_only=True):
    """The contact has this id in another system, or none (R54)."""

    contact_id: str
    external_id: str | None


@stored_as("groupchat.contact.metadata_changed")
class MetadataChanged(Event, frozen=True, kw_only=True):
    """The contact has this data of another system (R54)."""

    contact_id: str
    metadata: dict[str, str]


@stored_as("groupchat.contact.merged")
class ContactMerged(Event, frozen=True, kw_only=True):
    """Another contact of the same person, `merged_id`, was merged into this one and deleted (R54).

    `numbers_ever` are the other's numbers, and former ones that groups may have (R8). They lead to its groups.
    """

    contact_id: str
    merged_id: str
    numbers_ever: tuple[str, ...]


@stored_as("groupchat.contact.deleted")
class ContactDeleted(Event, frozen=True, kw_only=True):
    """The contact was removed from the directory."""

    contact_id: str


# --- state


class Contact(Struct, frozen=True, kw_only=True, gc=False):
    """A contact, as the rules see it.

    `numbers_ever` are its numbers, and former ones that groups may have (R8). Together, they lead to all groups linked to it.
    `merged` are the contacts that were merged into it, oldest first.
    """

    id: str
    workspace_id: str
    since: datetime
    name: str
    number: str
    secondary_numbers: tuple[str, ...]
    numbers_ever: tuple[str, ...]
    assigned_to: str | None
    dnd: bool = False
    deleted: bool = False
    external_id: str | None = None
    metadata: Metadata = {}
    merged: tuple[str, ...] = ()

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers that the contact has now, the primary one first."""
        return (self.number, *self.secondary_numbers)

    def refuses(self, frozen: str) -> bool:
        """Return whether DND opts out a participant who is linked to the contact through a former number.

        For numbers that the contact has, or had when it was deleted, the number's own stream decides (`do_not_disturb.py`).
        """
        return self.dnd and frozen not in self.numbers


def evolve(state: Contact | None, recorded: Recorded) -> Contact | None:
    """Fold one event."""
    event = recorded.event
    match event:
        case ContactCreated():
            numbers = (event.number, *event.secondary_numbers)
            return Contact(
                id=event.contact_id,
                workspace_id=recorded.cause.workspace_id,
                since=recorded.at,
                name=event.name,
                number=event.number,
                secondary_numbers=event.secondary_numbers,
                numbers_ever=numbers,
                assigned_to=event.assigned_to,
            )
        case _ if state is None:
            return None
        case Renamed():
            return replace(state, name=event.name)
        case NumbersChanged():
            kept = [number for number in state.numbers_ever if number not in event.released]
            ever = dict.fromkeys((*kept, event.number, *event.secondary_numbers))
            return replace(state, number=event.number, secondary_numbers=event.secondary_numbers, numbers_ever=tuple(ever))
        case Assigned():
            return replace(state, assigned_to=event.user_id)
        case DndTurnedOn():
            return replace(state, dnd=True)
        case DndTurnedOff():
            return replace(state, dnd=False)
        case ExternalIdGiven():
            return replace(state, external_id=event.external_id)
        case MetadataChanged():
            return replace(state, metadata=event.metadata)
        case ContactMerged():
            ever = dict.fromkeys((*state.numbers_ever, *event.numbers_ever))
            return replace(state, numbers_ever=tuple(ever), merged=(*state.merged, event.merged_id))
        case ContactDeleted():
            return replace(state, deleted=True)
        case _:
            return state


# --- commands


class CreateContact(Struct, frozen=True, kw_only=True):
    """Add a contact. Numbers are already E.164."""

    contact_id: str
    name: str
    number: str
    secondary_numbers: tuple[str, ...] = ()
    assigned_to: str | None = None


class Change(Struct, frozen=True, kw_only=True):
    """Change the given fields; leave the others. `in_groups` are the contact's numbers in groups, if known (R8).

    `metadata` changes the given keys; `None` removes one.
    """

    name: str | UnsetType = UNSET
    number: str | UnsetType = UNSET
    secondary_numbers: tuple[str, ...] | UnsetType = UNSET
    assigned_to: str | UnsetType | None = UNSET
    dnd: bool | UnsetType = UNSET
    external_id: str | UnsetType | None = UNSET
    metadata: MetadataChange | UnsetType = UNSET
    in_groups: tuple[str, ...] | UnsetType = UNSET


class Delete(Struct, frozen=True):
    """Remove the contact from the directory."""


Command = CreateContact | Change | Delete


def decide(command: Command, state: Contact | None) -> list[Event]:
    """Return the events of a command; none if it changes nothing.

    Raises `NotFoundError` for a contact that is unknown or deleted, `InvalidRequestError` for a number given twice (R3).
    """
    match command:
        case CreateContact():
            _refuse_repeated(command.number, command.secondary_numbers)
            return [
                ContactCreated(
                    contact_id=command.contact_id,
                    name=command.name,
                    number=command.number,
                    secondary_numbers=command.secondary_numbers,
                    assigned_to=command.assigned_to,
                ),
            ]
        case Change():
            return _change(command, existing(state))
        case Delete():
            return [ContactDeleted(contact_id=existing(state).id)]
        case _:
            assert_never(command)


def existing(state: Contact | None) -> Contact:
    """Return the contact, or raise `NotFoundError` if it is unknown or deleted."""
    if state is None or state.deleted:
        raise missing()
    return state


def missing() -> NotFoundError:
    """Return the refusal for a contact that does not exist."""
    return NotFoundError("There is no such contact.", "contact")


def _change(command: Change, state: Contact) -> list[Event]:
    events: list[Event] = []
    if command.name is not UNSET and command.name != state.name:
        events.append(Renamed(contact_id=state.id, name=command.name))
    number = state.number if command.number is UNSET else command.number
    if command.secondary_numbers is UNSET:
        # A secondary number that becomes the primary one is moved, not repeated.
        secondary = tuple(n for n in state.secondary_numbers if n != number)
    else:
        secondary = command.secondary_numbers
    _refuse_repeated(number, secondary)
    if (number, secondary) != (state.number, state.secondary_numbers):
        in_groups = state.numbers_ever if command.in_groups is UNSET else command.in_groups
        released = tuple(former for former in state.numbers_ever if former not in (number, *secondary, *in_groups))
        events.append(NumbersChanged(contact_id=state.id, number=number, secondary_numbers=secondary, released=released))
    if command.assigned_to is not UNSET and command.assigned_to != state.assigned_to:
        events.append(Assigned(contact_id=state.id, user_id=command.assigned_to))
    if command.dnd is not UNSET and command.dnd != state.dnd:
        events.append(DndTurnedOn(contact_id=state.id) if command.dnd else DndTurnedOff(contact_id=state.id))
    return [*events, *_of_other_system(command, state)]


def _of_other_system(command: Change, state: Contact) -> Iterable[Event]:
    """Return what changes of the data that another system keeps here (R54)."""
    if command.external_id is not UNSET and command.external_id != state.external_id:
        yield ExternalIdGiven(contact_id=state.id, external_id=command.external_id)
    if command.metadata is not UNSET:
        metadata = changed(state.metadata, command.metadata)
        if metadata != state.metadata:
            yield MetadataChanged(contact_id=state.id, metadata=metadata)


def _refuse_repeated(number: str, secondary: tuple[str, ...]) -> None:
    seen = {number}
    for index, other in enumerate(secondary):
        if other in seen:
            raise InvalidRequestError(f"secondary_numbers.{index}", f"{other} appears twice. Enter each number once (R3).")
        seen.add(other)
