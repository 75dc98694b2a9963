"""The workspace as callers see it: its business numbers, roles, policy and rates (R4, R20, R21, R23, R25)."""

from msgspec import Struct

from groupchat.aggregates import business_numbers
from groupchat.aggregates.workspace_state import DEFAULT_RATE, PostedRate
from groupchat.commands.business_numbers import NumberShown, former, shown
from groupchat.commands.caller import Caller
from groupchat.commands.workspaces import AutoRepliesShown, PolicyShown, RoleShown
from groupchat.queries.rights import rights_of
from groupchat.store.event_store import EventStore
from groupchat.values.event import Moment
from groupchat.values.money import Rate


class RateCard(Struct, frozen=True):
    """The posted rates, in the order of posting, and the rate that applies without them (R25)."""

    posted: tuple[PostedRate, ...]
    default: Rate


class WorkspaceShown(Struct, frozen=True, kw_only=True):
    """A workspace; `default_number` is the business number that everybody may send from (R21)."""

    id: str
    name: str
    created_at: Moment
    default_number: str | None


async def workspace(store: EventStore, who: Caller) -> WorkspaceShown:
    """Return the caller's workspace."""
    state = (await rights_of(store, who)).state
    return WorkspaceShown(id=who.workspace_id, name=state.name, created_at=state.created_at, default_number=state.default_number)


async def require_number(store: EventStore, who: Caller, number: str) -> None:
    """Raise `NotFoundError` unless a business number (E.164) belongs to the workspace."""
    business_numbers.require_number_of((await rights_of(store, who)).state, number)


async def list_numbers(store: EventStore, who: Caller) -> list[NumberShown]:
    """Return the business numbers that the caller may send from (R21); an auditor sees all (R23)."""
    rights = await rights_of(store, who)
    return [shown(rights, number) for number in rights.state.numbers if rights.may_send_from(number) or rights.audits]


async def former_numbers(store: EventStore, who: Caller) -> list[NumberShown]:
    """Return the business numbers that the workspace has given up, to those who manage or audit it (R23, R56)."""
    rights = await rights_of(store, who)
    return [former(number) for number in rights.state.given_up] if rights.manages or rights.audits else []


async def read_number(store: EventStore, who: Caller, number: str) -> NumberShown:
    """Return a business number (E.164) that the caller may send from; an auditor sees all (R21, R23). Raises `NotFoundError`."""
    rights = await rights_of(store, who)
    seen = rights.may_send_from(number) or rights.audits
    return shown(rights, business_numbers.require_number_of(rights.state, number if seen else "").number)


async def policy(store: EventStore, who: Caller) -> PolicyShown:
    """Return the policy, with the workspace's own keywords."""
    return PolicyShown.of((await rights_of(store, who)).state)


async def auto_replies(store: EventStore, who: Caller) -> AutoRepliesShown:
    """Return how opt-outs are confirmed and HELP is answered (R41)."""
    return AutoRepliesShown.of((await rights_of(store, who)).state)


async def list_roles(store: EventStore, who: Caller) -> list[RoleShown]:
    """Return all roles (R20)."""
    return [RoleShown(role, group_chat) for role, group_chat in (await rights_of(store, who)).state.roles.items()]


async def rate_card(store: EventStore, who: Caller) -> RateCard:
    """Return the rate card (R25)."""
    return RateCard((await rights_of(store, who)).state.rates, DEFAULT_RATE)
