"""Business numbers: the numbers that a workspace sends from. They are part of its stream and state (`workspace.py`).

- R4 A business number is a valid number of an allowed region, and not toll-free. That it belongs to one workspace only is judged in
  `number_claim.py`.
- R56 A number can be given up: what is there stays, and nothing more is sent. The same workspace can add it again.
- R43 A number can name the carrier that its messages go over; the others use the default one.
- R21 One number may be everybody's default, and each may be assigned to a user.
"""

from typing import assert_never

from msgspec import UNSET, Struct, UnsetType

from groupchat.aggregates.number_claim import NumberTakenError
from groupchat.aggregates.workspace import existing, require_user
from groupchat.aggregates.workspace_events import (
    DefaultNumberChosen,
    NumberAdded,
    NumberAssigned,
    NumberCarrierChosen,
    NumberGivenUp,
    NumberLabeled,
)
from groupchat.aggregates.workspace_state import BusinessNumber, Workspace
from groupchat.values import phone
from groupchat.values.errors import InvalidRequestError, NotFoundError
from groupchat.values.event import Event

# --- commands and decide


class AddNumber(Struct, frozen=True, kw_only=True):
    """Add a business number."""

    number: str
    label: str | None = None
    default: bool = False
    assigned_to: str | None = None
    carrier: str | None = None


class ChangeNumber(Struct, frozen=True, kw_only=True):
    """Change the given fields of a number; leave the others."""

    number: str
    label: str | UnsetType | None = UNSET
    default: bool | UnsetType = UNSET
    assigned_to: str | UnsetType | None = UNSET
    carrier: str | UnsetType | None = UNSET


class GiveUp(Struct, frozen=True):
    """Stop sending from a number (R56)."""

    number: str


Command = AddNumber | ChangeNumber | GiveUp


def decide(command: Command, state: Workspace | None) -> list[Event]:
    """Return the events of a command, on the workspace's stream; none if it changes nothing."""
    state = existing(state)
    match command:
        case AddNumber():
            return _add_number(command, state)
        case ChangeNumber():
            return _change_number(command, state)
        case GiveUp():
            return _give_up(command, state)
        case _:
            assert_never(command)


def require_number_of(state: Workspace, number: str) -> BusinessNumber:
    """Return a business number of the workspace, or raise `NotFoundError`."""
    owned = state.numbers.get(number)
    if owned is None:
        msg = f"{number} is not a business number of this workspace."
        raise NotFoundError(msg, "business number")
    return owned


def _give_up(command: GiveUp, state: Workspace) -> list[Event]:
    owned = require_number_of(state, command.number)
    given_up = NumberGivenUp(number=owned.number)
    return [DefaultNumberChosen(number=None), given_up] if state.default_number == owned.number else [given_up]


def _add_number(command: AddNumber, state: Workspace) -> list[Event]:
    if command.number in state.numbers:
        raise NumberTakenError(command.number)
    if phone.is_toll_free(command.number):
        raise InvalidRequestError(
            "number", f"{command.number} is toll-free. Carriers don't accept group messages from toll-free numbers (R4)."
        )
    if not phone.can_be_texted(command.number):
        raise InvalidRequestError(
            "number", f"{command.number} is a premium-rate, personal or service number. Use a local number (R4)."
        )
    if not phone.is_of(command.number, state.policy.allowed_regions):
        region, allowed = " or ".join(phone.regions_of(command.number)), ", ".join(state.policy.allowed_regions)
        raise InvalidRequestError("number", f"{command.number} belongs to region {region}. The policy allows {allowed} (R4).")
    require_user(state, command.assigned_to)
    events: list[Event] = [
        NumberAdded(number=command.number, label=command.label, assigned_to=command.assigned_to),
    ]
    if command.carrier is not None:
        events.append(NumberCarrierChosen(number=command.number, carrier=command.carrier))
    if command.default:
        events.append(DefaultNumberChosen(number=command.number))
    return events


def _change_number(command: ChangeNumber, state: Workspace) -> list[Event]:
    owned = require_number_of(state, command.number)
    events: list[Event] = []
    if command.label is not UNSET and command.label != owned.label:
        events.append(NumberLabeled(number=owned.number, label=command.label))
    if command.assigned_to is not UNSET and command.assigned_to != owned.assigned_to:
        require_user(state, command.assigned_to)
        events.append(NumberAssigned(number=owned.number, user_id=command.assigned_to))
    if command.carrier is not UNSET and command.carrier != owned.carrier:
        events.append(NumberCarrierChosen(number=owned.number, carrier=command.carrier))
    is_default = state.default_number == owned.number
    if command.default is not UNSET and command.default != is_default:
        events.append(DefaultNumberChosen(number=owned.number if command.default else None))
    return events
