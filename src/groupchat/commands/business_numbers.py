"""Commands on business numbers (R4, R21, R43)."""

from msgspec import UNSET, Struct
from msgspec.structs import replace

from groupchat.aggregates import business_numbers, number_claim
from groupchat.aggregates.access import Access
from groupchat.aggregates.business_numbers import AddNumber, ChangeNumber, GiveUp
from groupchat.commands.caller import Caller, access
from groupchat.commands.streams import BUSINESS_NUMBERS, NUMBER_CLAIM
from groupchat.commands.written_numbers import read_number
from groupchat.store.decision import Decision
from groupchat.values.errors import InvalidRequestError


class NumberShown(Struct, frozen=True, kw_only=True):
    """A business number as callers see it."""

    number: str
    label: str | None
    default: bool
    assigned_to: str | None
    carrier: str | None


async def add_number(decision: Decision, who: Caller, command: AddNumber) -> NumberShown:
    """Add a business number, given in any common format (R3, R4)."""
    number = read_number("number", command.number)
    (await access(decision, who)).require_manager()
    _require_configured(decision, command.carrier)
    await decision.take(BUSINESS_NUMBERS, who.workspace_id, replace(command, number=number))
    claim = number_claim.Claim(number=number, workspace_id=who.workspace_id)
    await decision.take(NUMBER_CLAIM, number_claim.stream(number), claim)
    return shown(await access(decision, who), number)


async def change_number(decision: Decision, who: Caller, command: ChangeNumber) -> NumberShown:
    """Change a business number's label or assignment, or whether it is the default."""
    number = read_number("number", command.number)
    rights = await access(decision, who)
    business_numbers.require_number_of(rights.state, number)
    rights.require_manager()
    _require_configured(decision, None if command.carrier is UNSET else command.carrier)
    await decision.take(BUSINESS_NUMBERS, who.workspace_id, replace(command, number=number))
    return shown(await access(decision, who), number)


async def give_up_number(decision: Decision, who: Caller, number: str) -> None:
    """Stop sending from a business number; its conversations stay readable (R56)."""
    read = read_number("number", number)
    rights = await access(decision, who)
    business_numbers.require_number_of(rights.state, read)
    rights.require_manager()
    await decision.take(BUSINESS_NUMBERS, who.workspace_id, GiveUp(read))


def former(number: str) -> NumberShown:
    """Return a number that was given up (E.164) as callers see it: nothing about it is set any more (R56)."""
    return NumberShown(number=number, label=None, default=False, assigned_to=None, carrier=None)


def shown(rights: Access, number: str) -> NumberShown:
    """Return one of the workspace's numbers (E.164) as callers see it."""
    owned = rights.state.numbers[number]
    is_default = number == rights.state.default_number
    return NumberShown(number=number, label=owned.label, default=is_default, assigned_to=owned.assigned_to, carrier=owned.carrier)


def _require_configured(decision: Decision, carrier: str | None) -> None:
    """Raise `InvalidRequestError` for a carrier that this server does not have (R43)."""
    if carrier is not None and carrier not in decision.carriers.limits:
        detail = f"The carrier {carrier!r} is not configured. Use one of: {', '.join(decision.carriers.limits)} (R43)."
        raise InvalidRequestError("carrier", detail)
