"""Do-not-disturb: a person's refusal of all messages, stored with each of their phone numbers.

- R36 Do-not-disturb applies to a number while any contact with the number has DND on. If a contact is deleted, or loses the number,
  while its DND is on, do-not-disturb stays with the number. It ends when DND is turned off on a contact that has the number, or
  when an owner or admin lifts it, with a recorded reason.
- R5, R14, R15 It opts the number out of every business number of the workspace.

There is one stream per workspace and number, written in the same append as the contact's own event and the resulting blocks. Every
creation of a group with the number reads it, so the two can't miss each other (R16).
"""

from datetime import datetime
from typing import assert_never

from msgspec import Struct

from groupchat.values.errors import NotFoundError, RefusalError
from groupchat.values.event import Event, Recorded, stored_as
from groupchat.values.lasting import LastingMap

# --- events


@stored_as("groupchat.do_not_disturb.turned_on")
class TurnedOn(Event, frozen=True, kw_only=True):
    """A contact with this number turned DND on, so do-not-disturb applies to the number."""

    number: str
    contact_id: str


@stored_as("groupchat.do_not_disturb.left_behind")
class LeftBehind(Event, frozen=True, kw_only=True):
    """A contact lost the number, or was deleted, while its DND was on. Do-not-disturb stays with the number."""

    number: str
    contact_id: str


@stored_as("groupchat.do_not_disturb.turned_off")
class TurnedOff(Event, frozen=True, kw_only=True):
    """A contact with this number turned DND off. Do-not-disturb through it, and through former contacts of the number, ends."""

    number: str
    contact_id: str


@stored_as("groupchat.do_not_disturb.lifted")
class Lifted(Event, frozen=True, kw_only=True):
    """An owner or admin ended the do-not-disturb that former contacts had left with the number."""

    number: str
    reason: str


# --- state


class DoNotDisturb(Struct, frozen=True, kw_only=True):
    """The contacts through which do-not-disturb applies, and since when: those with the number, and former ones."""

    held: LastingMap[datetime] = LastingMap()
    left: LastingMap[datetime] = LastingMap()

    @property
    def is_on(self) -> bool:
        """Whether do-not-disturb applies to the number."""
        return bool(self.held or self.left)

    @property
    def contacts(self) -> tuple[tuple[str, datetime], ...]:
        """The contacts through which it applies, as (id, since), the earliest first."""
        return tuple(sorted((*self.left.items(), *self.held.items()), key=lambda each: (each[1], each[0])))


NONE = DoNotDisturb()


def stream(workspace_id: str, number: str) -> str:
    """Return the stream of one number in one workspace."""
    return f"dnd-{workspace_id}-{number}"


def evolve(state: DoNotDisturb | None, recorded: Recorded) -> DoNotDisturb | None:
    """Fold one event."""
    event = recorded.event
    state = state or NONE
    match event:
        case TurnedOn():
            since = state.left.get(event.contact_id) or recorded.at
            return DoNotDisturb(held=state.held.with_(event.contact_id, since), left=state.left.without(event.contact_id))
        case LeftBehind():
            since = state.held.get(event.contact_id) or recorded.at
            return DoNotDisturb(held=state.held.without(event.contact_id), left=state.left.with_(event.contact_id, since))
        case TurnedOff():
            return DoNotDisturb(held=state.held.without(event.contact_id))
        case Lifted():
            return DoNotDisturb(held=state.held)
        case _:
            return state


# --- errors


class DoNotDisturbOnError(RefusalError):
    """R36: contacts with the number have DND on, so it can't be lifted. `contact_ids` lists them."""

    slug = "do-not-disturb-on"

    def __init__(self, number: str, contact_ids: tuple[str, ...]) -> None:
        who = ", ".join(contact_ids)
        msg = f"{number} keeps do-not-disturb while a contact with this number has it on: {who}. Turn it off there (R36)."
        super().__init__(msg, contact_ids=list(contact_ids))


# --- commands and decide


class TurnOn(Struct, frozen=True, kw_only=True):
    """Record that a contact with DND on has the number."""

    number: str
    contact_id: str


class LeaveBehind(Struct, frozen=True, kw_only=True):
    """Record that a contact with DND on no longer has the number."""

    number: str
    contact_id: str


class TurnOff(Struct, frozen=True, kw_only=True):
    """Record that a contact with the number turned DND off."""

    number: str
    contact_id: str


class Lift(Struct, frozen=True, kw_only=True):
    """End do-not-disturb that former contacts have left with the number."""

    number: str
    reason: str


Command = TurnOn | LeaveBehind | TurnOff | Lift


def decide(command: Command, state: DoNotDisturb | None) -> list[Event]:
    """Return the events of a command; none if it says nothing new.

    Lifting raises `NotFoundError` for a number without do-not-disturb, `DoNotDisturbOnError` while a contact with it has DND on.
    """
    state = state or NONE
    match command:
        case TurnOn():
            return [] if command.contact_id in state.held else [TurnedOn(number=command.number, contact_id=command.contact_id)]
        case LeaveBehind():
            return [LeftBehind(number=command.number, contact_id=command.contact_id)] if command.contact_id in state.held else []
        case TurnOff():
            return [TurnedOff(number=command.number, contact_id=command.contact_id)] if command.contact_id in state.held else []
        case Lift():
            return [_lift(command, state)]
        case _:
            assert_never(command)


def _lift(command: Lift, state: DoNotDisturb) -> Event:
    if state.held:
        raise DoNotDisturbOnError(command.number, tuple(sorted(state.held)))
    if not state.left:
        msg = f"{command.number} has no do-not-disturb."
        raise NotFoundError(msg)
    return Lifted(number=command.number, reason=command.reason)
