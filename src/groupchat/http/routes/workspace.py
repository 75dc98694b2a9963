"""The workspace: its business numbers and its policy (R1, R4, R17, R21, R23)."""

from groupchat.aggregates import business_numbers as numbers
from groupchat.aggregates import workspace
from groupchat.commands import business_numbers, workspaces
from groupchat.commands.business_numbers import NumberShown
from groupchat.commands.numbers import read_number
from groupchat.commands.streams import WORKSPACE
from groupchat.http import examples
from groupchat.http.bodies import NewNumber, NumberChange, PolicyChange
from groupchat.http.endpoint import Answer, Call, Created, PageOf, Reading, Writing, Written, endpoint
from groupchat.http.queries import PageQuery, given
from groupchat.projections.paging import cursor_at, key_at
from groupchat.values.policy import Policy

NUMBERS = "/v1/numbers"
NUMBER = "/v1/numbers/{number}"
POLICY = "/v1/policy"


@endpoint(
    "POST",
    NUMBERS,
    summary="Add a business number",
    status=201,
    refuses=("not-permitted", "number-taken"),
    body_examples={"number": examples.NEW_NUMBER},
    example=examples.NUMBER,
    tag="workspace",
)
async def add_number(call: Writing[NewNumber]) -> Created[NumberShown]:
    """Add a number to send from; it can belong to one workspace only (R4)."""
    outcome = await business_numbers.add_number(call.store, call.who, call.body.command())
    return Created(value=outcome.value, position=outcome.position, location=f"{NUMBERS}/{outcome.value.number}")


@endpoint(
    "GET",
    NUMBERS,
    summary="The caller's business numbers",
    items=NumberShown,
    example=examples.page(examples.NUMBER),
    tag="workspace",
)
async def list_numbers(call: Reading[PageQuery]) -> Answer[PageOf[NumberShown]]:
    """List the numbers that the caller may send from (R21)."""
    found = sorted(await business_numbers.list_numbers(call.store, call.who), key=lambda shown: shown.number)
    cursor = given(call.query.cursor)
    left = found if cursor is None else [each for each in found if each.number > key_at(cursor, str)]
    shown = left[: call.query.limit]
    return Answer(PageOf(shown, cursor_at(shown[-1].number) if len(left) > len(shown) else None))


async def owned(call: Call) -> None:
    """Raise `NotFoundError` unless the path's number is the workspace's."""
    state = workspace.existing(await call.store.load(WORKSPACE, call.who.workspace_id))
    numbers.require_number_of(state, read_number("number", call.path["number"]))


@endpoint(
    "PATCH",
    NUMBER,
    summary="Change a business number",
    refuses=("not-permitted",),
    first=owned,
    body_examples={"label": {"label": "Front desk"}, "assign": {"assigned_to": None, "default": True}},
    example=examples.NUMBER,
    tag="workspace",
)
async def change_number(call: Writing[NumberChange]) -> Written[NumberShown]:
    """Change a number's label, whose it is, or whether it is everybody's default."""
    outcome = await business_numbers.change_number(call.store, call.who, call.body.command(call.path["number"]))
    return Written(value=outcome.value, position=outcome.position)


@endpoint("GET", POLICY, summary="The policy", example=examples.POLICY, tag="workspace")
async def read_policy(call: Call) -> Answer[Policy]:
    """Show all values of the workspace's policy."""
    return Answer((await workspaces.current(call.store, call.who)).policy)


@endpoint(
    "PUT",
    POLICY,
    summary="Change the policy",
    refuses=("not-permitted",),
    body_examples={"preset": {"preset": "highlevel"}, "sizes": {"max_participants": 8}},
    example=examples.POLICY,
    tag="workspace",
)
async def change_policy(call: Writing[PolicyChange]) -> Written[Policy]:
    """Change what is given; the rest stays as it is, or as the preset named in the same call says. Answers with all values."""
    outcome = await workspaces.change_policy(call.store, call.who, call.body.command())
    return Written(value=outcome.value, position=outcome.position)
