"""The workspace: its business numbers, policy, roles and rates (R1, R4, R17, R20, R21, R23, R25)."""

from datetime import date
from decimal import Decimal

from msgspec import Struct

from groupchat.aggregates.workspace_state import PostedRate
from groupchat.commands import business_numbers, workspaces, written_numbers
from groupchat.commands.business_numbers import NumberShown
from groupchat.commands.caller import Caller
from groupchat.commands.workspaces import PolicyShown, RoleShown
from groupchat.http.calls.answers import Answer, Written
from groupchat.http.calls.call import Call, Reading, Writing
from groupchat.http.calls.endpoint import endpoint
from groupchat.http.calls.lists import PageOf, page_of
from groupchat.http.calls.spec import Spec
from groupchat.http.documents import examples
from groupchat.http.guards import permits
from groupchat.http.inputs.parameters import NumbersQuery, PageQuery
from groupchat.http.inputs.workspace_bodies import NumberChange, NumberInput, PolicyChange, RateInput, RolePermissions, read_role
from groupchat.queries import workspaces as queries
from groupchat.queries.workspaces import WorkspaceShown
from groupchat.store.decision import Decision
from groupchat.values.money import Rate

NUMBERS = "/v1/numbers"
NUMBER = "/v1/numbers/{number}"
POLICY = "/v1/policy"
ROLES = "/v1/roles"
RATES = "/v1/rates"


class RateShown(Struct, frozen=True, kw_only=True):
    """A line of the rate card, numbered in the order of posting. The default is line 0, and applies where no other does."""

    n: int
    effective_from: date | None
    mms_segment: str
    currency: str


@endpoint(
    Spec("GET", "/v1/workspace", "The workspace", "workspace", example=examples.WORKSPACE),
)
async def read_workspace(call: Call) -> Answer[WorkspaceShown]:
    """Show the workspace that the caller's key belongs to."""
    return Answer(await queries.workspace(call.store, call.who))


@endpoint(
    Spec(
        "POST",
        NUMBERS,
        "Add a business number",
        "workspace",
        status=201,
        location=NUMBERS + "/{number}",
        body_examples={"number": examples.NEW_NUMBER},
        example=examples.NUMBER,
    ),
    may=permits.manages,
    refuses=("number-taken",),
)
async def add_number(call: Writing[NumberInput]) -> Written[NumberShown]:
    """Add a number to send from. It can belong to one workspace only (R4)."""
    return await call.run(business_numbers.add_number, call.body.command())


@endpoint(
    Spec(
        "GET",
        NUMBERS,
        "The caller's business numbers",
        "workspace",
        example=examples.page(examples.NUMBER),
    ),
)
async def list_numbers(call: Reading[NumbersQuery]) -> Answer[PageOf[NumberShown]]:
    """List the numbers that the caller may send from (R21).

    With `given_up=true`, list the numbers that the workspace has given up. Only owners, admins and auditors see them (R56).
    """
    chosen = queries.former_numbers if call.query.given_up else queries.list_numbers
    found = await chosen(call.store, call.who)
    return Answer(page_of(found, call.query.page, key=lambda shown: shown.number))


@endpoint(
    Spec("GET", NUMBER, "One business number", "workspace", example=examples.NUMBER),
    first=permits.has_number,
)
async def read_number(call: Call) -> Answer[NumberShown]:
    """Show a number that the caller may send from (R21)."""
    return Answer(await queries.read_number(call.store, call.who, written_numbers.read_number("number", call.path["number"])))


@endpoint(
    Spec(
        "PATCH",
        NUMBER,
        "Change a business number",
        "workspace",
        body_examples={
            "label": {"label": "Front desk"},
            "assign": {"assigned_to": None, "default": True},
            "carrier": {"carrier": "telnyx"},
        },
        example=examples.NUMBER,
    ),
    first=permits.has_number,
    may=permits.manages,
)
async def change_number(call: Writing[NumberChange]) -> Written[NumberShown]:
    """Change a number's label, whose it is, whether it is everybody's default, or its carrier (R43).

    Without a carrier of its own, it has the default one. A message that was already handed over stays with its carrier.
    """
    return await call.run(business_numbers.change_number, call.body.command(call.path["number"]))


@endpoint(
    Spec("DELETE", NUMBER, "Give up a business number", "workspace", status=204),
    first=permits.has_number,
    may=permits.manages,
)
async def give_up_number(call: Call) -> Written[None]:
    """Stop sending from a number (R56). Its conversations stay readable, and messages from people are still recorded.

    Only this workspace can add the number again.
    """
    return await call.run(business_numbers.give_up_number, call.path["number"])


@endpoint(
    Spec("GET", POLICY, "The policy", "workspace", example=examples.POLICY),
)
async def read_policy(call: Call) -> Answer[PolicyShown]:
    """Show all values of the workspace's policy."""
    return Answer(await queries.policy(call.store, call.who))


@endpoint(
    Spec(
        "PUT",
        POLICY,
        "Change the policy",
        "workspace",
        body_examples={
            "preset": {"preset": "highlevel"},
            "sizes": {"max_participants": 8},
            "keywords": {"opt_out_keywords": ["basta"]},
        },
        example=examples.POLICY,
    ),
    may=permits.manages,
)
async def change_policy(call: Writing[PolicyChange]) -> Written[PolicyShown]:
    """Change the given values; the others stay, or follow the preset if one is named. The response has all values."""
    return await call.run(workspaces.change_policy, call.body.command(), call.body.keywords())


@endpoint(
    Spec("GET", ROLES, "The roles", "workspace", example=examples.page(examples.ROLE)),
)
async def list_roles(call: Reading[PageQuery]) -> Answer[PageOf[RoleShown]]:
    """List the roles and their permissions (R20)."""
    found = await queries.list_roles(call.store, call.who)
    return Answer(page_of(found, call.query.page, key=lambda shown: shown.role))


@endpoint(
    Spec(
        "PUT",
        ROLES + "/{role}",
        "Define a role",
        "workspace",
        body_examples={"may create groups": {"group_chat": True}},
        example=examples.ROLE,
    ),
    may=permits.manages,
)
async def define_role(call: Writing[RolePermissions]) -> Written[RoleShown]:
    """Define a role, or change its permissions (R20)."""
    return await call.run(workspaces.define_role, read_role(call.path["role"]), group_chat=call.body.group_chat)


@endpoint(
    Spec("GET", RATES, "The rate card", "workspace", example=examples.page(examples.RATE)),
)
async def list_rates(call: Reading[PageQuery]) -> Answer[PageOf[RateShown]]:
    """List the rates, first the default (without a date), then the posted ones in the order of posting (R25)."""
    card = await queries.rate_card(call.store, call.who)
    default = RateShown(n=0, effective_from=None, **card.default.shown())
    found = [default, *(_rate(n, posted) for n, posted in enumerate(card.posted, start=1))]
    return Answer(page_of(found, call.query.page, key=lambda shown: shown.n))


@endpoint(
    Spec("POST", RATES, "Post a rate", "workspace", status=201, body_examples={"rate": examples.NEW_RATE}, example=examples.RATE),
    may=permits.manages,
)
async def post_rate(call: Writing[RateInput]) -> Written[RateShown]:
    """Add a line to the rate card. Existing entries don't change: a message keeps the rate at its own time (R25)."""
    body = call.body
    rate = Rate(mms_segment=Decimal(body.mms_segment), currency=body.currency)
    return await call.run(_post_rate, body.effective_from, rate)


async def _post_rate(decision: Decision, who: Caller, effective_from: date, rate: Rate) -> RateShown:
    return _rate(*await workspaces.post_rate(decision, who, effective_from, rate))


def _rate(n: int, posted: PostedRate) -> RateShown:
    return RateShown(n=n, effective_from=posted.effective_from, **posted.rate.shown())
