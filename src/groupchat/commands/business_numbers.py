"""Commands on business numbers (R4, R21)."""

from msgspec import Struct
from msgspec.structs import replace

from groupchat.aggregates import business_numbers
from groupchat.aggregates.access import Access
from groupchat.aggregates.business_numbers import AddNumber, ChangeNumber
from groupchat.aggregates.workspace_events import NumberClaimed
from groupchat.commands.caller import Caller, access
from groupchat.commands.numbers import read_number
from groupchat.commands.streams import NUMBER_CLAIM, WORKSPACE
from groupchat.store.decision import Decision
from groupchat.store.event_store import EventStore, Outcome


class NumberShown(Struct, frozen=True, kw_only=True):
    """A business number as callers see it."""

    number: str
    label: str | None
    default: bool
    assigned_to: str | None


async def add_number(store: EventStore, who: Caller, command: AddNumber) -> Outcome[NumberShown]:
    """Add a business number, given in any written form (R3, R4)."""
    number = read_number("number", command.number)
    claim = business_numbers.claim_stream(number)

    async def decide(decision: Decision) -> NumberShown:
        rights = await access(decision, who)
        rights.require_manager()
        claimed = await decision.load(NUMBER_CLAIM, claim) is not None
        add = replace(command, number=number, claimed=claimed)
        decision.emit(WORKSPACE, who.workspace_id, business_numbers.decide(add, rights.state))
        decision.emit(NUMBER_CLAIM, claim, [NumberClaimed(number=number, workspace_id=who.workspace_id)])
        return shown(await access(decision, who), number)

    return await store.decide(who.cause(), decide)


async def change_number(store: EventStore, who: Caller, command: ChangeNumber) -> Outcome[NumberShown]:
    """Change a business number's label, assignment or being the default."""
    number = read_number("number", command.number)

    async def decide(decision: Decision) -> NumberShown:
        rights = await access(decision, who)
        business_numbers.require_number_of(rights.state, number)
        rights.require_manager()
        change = replace(command, number=number)
        decision.emit(WORKSPACE, who.workspace_id, business_numbers.decide(change, rights.state))
        return shown(await access(decision, who), number)

    return await store.decide(who.cause(), decide)


def shown(rights: Access, number: str) -> NumberShown:
    """Return one of the workspace's numbers (E.164) as callers see it."""
    owned = rights.state.numbers[number]
    is_default = number == rights.state.default_number
    return NumberShown(number=number, label=owned.label, default=is_default, assigned_to=owned.assigned_to)
