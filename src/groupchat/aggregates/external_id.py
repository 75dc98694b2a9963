"""External ids: the contact that another system's id belongs to (R54).

An external id belongs to one contact of a workspace. There is one stream per workspace and id, written in the same append as the
contact's own event, so two requests can't give it to two contacts. A deleted contact gives its id up.
"""

from typing import assert_never

from msgspec import Struct

from groupchat.values.errors import RefusalError
from groupchat.values.event import Event, Recorded, stored_as

# --- events


@stored_as("groupchat.contact.external_id_claimed")
class ExternalIdClaimed(Event, frozen=True, kw_only=True):
    """An external id belongs to this contact."""

    external_id: str
    contact_id: str


@stored_as("groupchat.contact.external_id_released")
class ExternalIdReleased(Event, frozen=True, kw_only=True):
    """An external id no longer belongs to this contact."""

    external_id: str
    contact_id: str


# --- state


class Holding(Struct, frozen=True):
    """The contact that has the external id; `None` if it was given up."""

    contact_id: str | None


def stream(workspace_id: str, external_id: str) -> str:
    """Return the stream of one external id in one workspace."""
    return f"external-{workspace_id}-{external_id}"


def evolve(state: Holding | None, recorded: Recorded) -> Holding | None:
    """Fold one event."""
    match recorded.event:
        case ExternalIdClaimed(contact_id=contact_id):
            return Holding(contact_id)
        case ExternalIdReleased():
            return Holding(None)
        case _:
            return state


# --- errors


class ExternalIdTakenError(RefusalError):
    """Another contact has this external id (R54); `contact_id` is that contact, unless the caller can't see it."""

    slug = "external-id-taken"

    def __init__(self, external_id: str, contact_id: str | None) -> None:
        super().__init__(f"Another contact has the external id {external_id} (R54).", contact_id=contact_id)
        self.external_id = external_id


# --- commands and decide


class ClaimId(Struct, frozen=True, kw_only=True):
    """Give an external id to a contact."""

    external_id: str
    contact_id: str


class ReleaseId(Struct, frozen=True, kw_only=True):
    """Take an external id from a contact."""

    external_id: str
    contact_id: str


Command = ClaimId | ReleaseId


def decide(command: Command, state: Holding | None) -> list[Event]:
    """Return the events of a command; none if it changes nothing. Raises `ExternalIdTakenError` (R54)."""
    holder = None if state is None else state.contact_id
    match command:
        case ClaimId():
            if holder not in (None, command.contact_id):
                raise ExternalIdTakenError(command.external_id, holder)
            claimed = ExternalIdClaimed(external_id=command.external_id, contact_id=command.contact_id)
            return [claimed] if holder is None else []
        case ReleaseId():
            released = ExternalIdReleased(external_id=command.external_id, contact_id=command.contact_id)
            return [released] if holder == command.contact_id else []
        case _:
            assert_never(command)
