"""Every endpoint of the application, and its response to each kind of caller: R20 to R23, over HTTP.

A row is a call, and what each of nine callers gets: a status, or a problem's slug. Callers without an entry get the same as all
others; a caller from another workspace finds none of the ids. The same call with a parameter that is not known shows the order:
404, 403, then 422.
"""

import asyncio
import re
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, NamedTuple

import httpx
import pytest

from groupchat.carriers.simulator.adapter import Simulator
from groupchat.http.app import ENDPOINTS, SIMULATOR
from groupchat.http.documents import public
from groupchat.http.documents.problems import PROBLEMS
from groupchat.http.routes.carrier_webhooks import path_of
from groupchat.http.web.request import Receive, Scope, Send
from tests.http.site import Json
from tests.http.staff import Staff, staffed
from tests.http.stage import PARAMETERS, Stage, endpoint_of
from tests.support.builders import BUSINESS

OPERATION_OF = {(each.operation.method, each.operation.path): each.operation for each in (*ENDPOINTS, *SIMULATOR)}
PUBLIC = {each.path for each in public.OPERATIONS}
FROZEN = "/v1/conversations/{conversation_id}/participants/{rest}"
"""The refusal of every write to participants (R7)."""
SIGNED = {path_of(Simulator.name), f"{path_of(Simulator.name)}/{{rest}}", "/media/{token}"}
"""What only the simulated carrier can call (R45), and what carriers fetch at signed addresses (R46)."""
DONE = (200, 201, 202, 204)

CALLERS = ("owner", "admin", "member", "clerk", "dispatcher", "agent", "auditor", "stranger", "nobody")

Expected = int | str
NOT_FOUND, NOT_PERMITTED, NO_GROUP_CHAT = "not-found", "not-permitted", "group-chat-not-permitted"
MANAGING: dict[str, Expected] = dict.fromkeys(("member", "clerk", "dispatcher", "agent", "auditor"), NOT_PERMITTED)
MANAGING_USERS = MANAGING | {"agent": NOT_FOUND}
AUDITING: dict[str, Expected] = dict.fromkeys(("member", "clerk", "dispatcher", "agent"), NOT_PERMITTED)
WRITING: dict[str, Expected] = {"auditor": NOT_PERMITTED}
CREATING = WRITING | {"clerk": NO_GROUP_CHAT}
HIDDEN: dict[str, Expected] = {"agent": NOT_FOUND}


class Row(NamedTuple):
    """A call, and its response to each caller; `by_value` says that it depends on more than the path."""

    call: str
    body: Json | None
    expected: dict[str, Expected]
    by_value: bool


def row(call: str, done: Expected, body: Json | None = None, *, by_value: bool = False, **others: Expected) -> Row:
    named = call.partition("?")[0]
    owned = any(f"{{{thing}}}" in named for thing in PARAMETERS if thing not in ("me", "my_key", "phone"))
    stranger = NOT_FOUND if owned else done
    expected = dict.fromkeys(CALLERS, done) | {"stranger": stranger, "nobody": "unauthenticated"} | others
    return Row(call, body, expected, by_value)


def group_of(*participants: Json) -> Json:
    return {"from": BUSINESS, "participants": list(participants)}


MINE, MINE_TOO, OTHERS = {"contact_id": "{mine}"}, {"contact_id": "{mine_too}"}, {"contact_id": "{others}"}
NOT_MINE: dict[str, Expected] = CREATING | {"agent": "contact-not-assigned", "stranger": "invalid-group"}
MESSAGE = {"body": "Hello"}
CONTACT = {"name": "Bob", "number": "{phone}"}
USER = {"name": "Uma", "email": "{email}"}
WHY = {"reason": "A wrong click"}
OUTCOME = {"status": "delivered", "reason": "Bob replied"}
RATE = {"effective_from": "2025-01-01", "mms_segment": "0.03", "currency": "USD"}

CONVERSATIONS = [
    row("GET /v1/conversations", 200),
    row("POST /v1/conversations", 201, group_of(MINE, MINE_TOO), **CREATING | {"stranger": "invalid-group"}),
    row("POST /v1/conversations", 201, group_of(MINE, OTHERS), by_value=True, **NOT_MINE),
    row("POST /v1/conversations", 201, group_of({"number": "{phone}"}, MINE), by_value=True, **NOT_MINE),
    row("POST /v1/conversations", "invalid-group", group_of({"contact_id": "ctc_none"}, MINE), by_value=True, **NOT_MINE),
    row("GET /v1/conversations/{seen}", 200),
    row("GET /v1/conversations/{hidden}", 200, **HIDDEN),
    row("PATCH /v1/conversations/{seen}", 200, {"name": "Crew"}, **WRITING),
    row("PATCH /v1/conversations/{hidden}", 200, {"name": "Crew"}, **WRITING, **HIDDEN),
    row("POST /v1/conversations/{blocked}/successor", 201, {}, **CREATING),
    row("POST /v1/conversations/{hidden_blocked}/successor", 201, {}, **CREATING, **HIDDEN),
    row("PUT /v1/conversations/{seen}/read", 204, **WRITING),
    row("PUT /v1/conversations/{hidden}/read", 204, **WRITING, **HIDDEN),
    row("DELETE /v1/conversations/{seen}/read", 204, **WRITING),
    row("DELETE /v1/conversations/{hidden}/read", 204, **WRITING, **HIDDEN),
    row("GET /v1/conversations/{seen}/messages", 200),
    row("GET /v1/conversations/{hidden}/messages", 200, **HIDDEN),
    row("POST /v1/conversations/{seen}/messages", 201, MESSAGE, **WRITING),
    row("POST /v1/conversations/{hidden}/messages", 201, MESSAGE, **WRITING, **HIDDEN),
    row("GET /v1/messages/{message}", 200),
    row("GET /v1/messages/{hidden_message}", 200, **HIDDEN),
    row("GET /v1/messages/{message}/explanation", 200),
    row("GET /v1/messages/{hidden_message}/explanation", 200, **HIDDEN),
    row("POST /v1/messages/{message}/outcome", "not-unconfirmed", OUTCOME, **MANAGING),
    row("POST /v1/messages/{hidden_message}/outcome", "not-unconfirmed", OUTCOME, **MANAGING | HIDDEN),
    row("GET /v1/conversations/{seen}/participants", 200),
    row("GET /v1/conversations/{hidden}/participants", 200, **HIDDEN),
    row("POST /v1/conversations/{seen}/participants/{member}/opt-out", 200, **WRITING),
    row("POST /v1/conversations/{hidden}/participants/{member}/opt-out", NOT_FOUND, by_value=True),
    row("DELETE /v1/conversations/{seen}/participants/{member}/opt-out", 200, WHY, **MANAGING),
    row("DELETE /v1/conversations/{hidden}/participants/{member}/opt-out", NOT_FOUND, WHY, by_value=True, **MANAGING | HIDDEN),
    row("POST /v1/media", "media-type", **WRITING),
    row("GET /v1/media/{upload}", 200),
    row("GET /v1/media/{hidden_upload}", 200, **HIDDEN),
    row("GET /v1/reviews?status=open", 200),
    row("POST /v1/reviews/{review}", 200, {"opt_out": False}, **WRITING),
    row("POST /v1/reviews/{hidden_review}", 200, {"opt_out": False}, **WRITING, **HIDDEN),
    row("GET /v1/conversations/{seen}/history", 200),
    row("GET /v1/conversations/{hidden}/history", 200, **HIDDEN),
    row("GET /v1/conversations/{seen}/history/state", 200),
    row("GET /v1/conversations/{seen}/history/state?version=1", 200),
    row("GET /v1/conversations/{hidden}/history/state", 200, **HIDDEN),
    row("GET /v1/conversations/{hidden}/history/state?version=99", "invalid-request", **HIDDEN),
    row("GET /v1/conversations/{seen}/explanation", 200),
    row("GET /v1/conversations/{hidden}/explanation", 200, **HIDDEN),
    row("GET /v1/conversations/{hidden}/explanation?version=99", "invalid-request", **HIDDEN),
    row("GET /v1/conversations/{seen}/participants/{member}/explanation", 200),
    row("GET /v1/conversations/{hidden}/participants/{member}/explanation", NOT_FOUND, by_value=True),
]
CONTACTS = [
    row("GET /v1/contacts", 200),
    row("POST /v1/contacts", 201, CONTACT, **WRITING),
    row(
        "POST /v1/contacts",
        201,
        CONTACT | {"assigned_to": "{colleague}"},
        by_value=True,
        **WRITING,
        agent=NOT_PERMITTED,
        stranger="invalid-request",
    ),
    row("POST /v1/contacts/import", "invalid-request", **WRITING),
    row("GET /v1/contacts/export", 200),
    row("PUT /v1/contacts/by-external-id/{external_id}", 200, CONTACT, **WRITING),
    row("GET /v1/contacts/{mine}", 200),
    row("GET /v1/contacts/{others}", 200, **HIDDEN),
    row("PATCH /v1/contacts/{mine}", 200, {"name": "Bo"}, **WRITING),
    row("PATCH /v1/contacts/{others}", 200, {"name": "Bo"}, **WRITING, **HIDDEN),
    row("PATCH /v1/contacts/{mine}", 200, {"assigned_to": "{colleague}"}, by_value=True, **WRITING, agent=NOT_PERMITTED),
    row("DELETE /v1/contacts/{mine}", 204, **WRITING),
    row("POST /v1/contacts/{mine}/merge", 200, OTHERS, by_value=True, **WRITING, **HIDDEN),
    row("POST /v1/contacts/{mine}/merge", 200, MINE_TOO, by_value=True, **WRITING),
    row("POST /v1/contacts/{others}/merge", 200, MINE, by_value=True, **WRITING, **HIDDEN),
    row("DELETE /v1/contacts/{others}", 204, **WRITING, **HIDDEN),
    row("GET /v1/do-not-disturb", 200, agent=NOT_PERMITTED),
    row("GET /v1/do-not-disturb?number={phone}", 200, by_value=True, agent=NOT_PERMITTED),
    row("DELETE /v1/do-not-disturb/{phone}", NOT_FOUND, WHY, by_value=True, **MANAGING),
]
WORKSPACE = [
    row("GET /v1/workspace", 200),
    row("GET /v1/numbers", 200),
    row("POST /v1/numbers", 201, {"number": "{new_number}"}, **MANAGING),
    row("POST /v1/numbers", "invalid-request", {"number": "nonsense"}, **MANAGING),
    row("GET /v1/numbers/{business}", 200),
    row("PATCH /v1/numbers/{business}", 200, {"label": "Desk"}, **MANAGING),
    row("DELETE /v1/numbers/{spare_number}", 204, **MANAGING),
    row("GET /v1/carriers", 200, **AUDITING),
    row("GET /v1/policy", 200),
    row("PUT /v1/policy", 200, {"max_participants": 10}, **MANAGING),
    row("GET /v1/auto-replies", 200),
    row("PUT /v1/auto-replies", 200, {"answers_help": True}, **MANAGING),
    row("GET /v1/roles", 200),
    row("PUT /v1/roles/{role}", 200, {"group_chat": True}, **MANAGING),
    row("GET /v1/rates", 200),
    row("POST /v1/rates", 201, RATE, **MANAGING),
    row("GET /v1/ledger", 200),
    row("GET /v1/ledger?conversation_id={seen}", 200, by_value=True, stranger=NOT_FOUND),
    row("GET /v1/ledger?conversation_id={hidden}", 200, by_value=True, stranger=NOT_FOUND, **HIDDEN),
    row("GET /v1/ledger/{entry}/explanation", 200),
    row("GET /v1/ledger/{hidden_entry}/explanation", 200, **HIDDEN),
    row("GET /v1/ledger/statement?month=2025-01", 200),
    row("GET /v1/ledger/statement?month=2025-01&format=csv", 200),
    row("GET /v1/events", 200),
    row("GET /v1/events?conversation_id={seen}", 200, by_value=True, stranger=NOT_FOUND),
    row("GET /v1/events?conversation_id={hidden}", 200, by_value=True, stranger=NOT_FOUND, **HIDDEN),
    row("GET /v1/refusals", 200, **AUDITING),
    row("GET /v1/refusals?conversation_id={seen}", 200, by_value=True, **AUDITING, stranger=NOT_FOUND),
    row("GET /v1/refusals?conversation_id={hidden}", 200, by_value=True, **AUDITING | HIDDEN, stranger=NOT_FOUND),
    row("GET /v1/refusals?user_id={colleague}", 200, by_value=True, **AUDITING | HIDDEN, stranger=NOT_FOUND),
    row("GET /audit/tile/{level}/{tile}", 200, **AUDITING),  # first: it signs a checkpoint
    row("GET /v1/audit/proof?position={proved}", 200, by_value=True, **AUDITING, stranger=NOT_FOUND),
    row("GET /v1/audit/checkpoint", 200, **AUDITING),
    row("GET /audit/checkpoint", 200, **AUDITING),
]
USERS = [
    row("GET /v1/sign-in", 200, by_value=True, nobody=200),
    row("GET /v1/sign-in/provider", NOT_FOUND, by_value=True, nobody=NOT_FOUND),
    row("GET /v1/sign-in/callback", NOT_FOUND, by_value=True, nobody=NOT_FOUND),
    row("POST /v1/session", "unauthenticated", {"api_key": "gck_nobody_knows"}, by_value=True),
    row("GET /v1/session", "unauthenticated", by_value=True),
    row("DELETE /v1/session", "unauthenticated", by_value=True),
    row("PATCH /v1/users/{owner}", "invalid-request", {"role": "member"}, by_value=True, **MANAGING_USERS, admin=NOT_PERMITTED),
    row("GET /v1/users", 200),
    row("GET /v1/users/me", 200),
    row("GET /v1/users/{me}", 200),
    row("GET /v1/users/{colleague}", 200, agent=NOT_FOUND),
    row("POST /v1/users", 201, USER | {"role": "member"}, **MANAGING),
    row("POST /v1/users", 201, USER | {"role": "owner"}, by_value=True, **MANAGING, admin=NOT_PERMITTED),
    row("PUT /v1/users/by-external-id/{external_id}", 200, USER, **MANAGING),
    row(
        "PUT /v1/users/by-external-id/{external_id}", 200, USER | {"role": "owner"}, by_value=True, **MANAGING, admin=NOT_PERMITTED
    ),
    row("PATCH /v1/users/{colleague}", 200, {"assigned_only": True}, **MANAGING_USERS),
    row("PATCH /v1/users/{colleague}", 200, {"role": "owner"}, by_value=True, **MANAGING_USERS, admin=NOT_PERMITTED),
    row("PATCH /v1/users/{me}", 200, {"assigned_only": False}, **MANAGING),
    row("GET /v1/users/{me}/keys", 200),
    row("POST /v1/users/{me}/keys", 201, {}),
    row("DELETE /v1/users/{me}/keys/{my_key}", 204),
    row("DELETE /v1/users/{me}/keys/{colleagues_key}", NOT_FOUND, by_value=True),
    row("GET /v1/users/{colleague}/keys", 200, **MANAGING_USERS),
    row("POST /v1/users/{colleague}/keys", 201, {}, **MANAGING_USERS),
    row("DELETE /v1/users/{colleague}/keys/{colleagues_key}", 204, **MANAGING_USERS),
    row("GET /v1/users/{owner}/keys", 200, **MANAGING_USERS, admin=NOT_PERMITTED),
    row("POST /v1/users/{owner}/keys", 201, {}, **MANAGING_USERS, admin=NOT_PERMITTED),
    row("DELETE /v1/users/{owner}/keys/{owners_key}", 204, **MANAGING_USERS, admin=NOT_PERMITTED),
]
WEBHOOK = {"url": "http://127.0.0.1:9/hooks"}
WEBHOOKS = [
    row("POST /v1/webhooks", 201, WEBHOOK, **MANAGING),
    row("POST /v1/webhooks", "invalid-request", {"url": "https://10.0.0.1"}, **MANAGING),
    row("GET /v1/webhooks", 200, **AUDITING),
    row("GET /v1/webhooks/{webhook}", 200, **AUDITING),
    row("PATCH /v1/webhooks/{webhook}", 200, {"description": "CRM"}, **MANAGING),
    row("POST /v1/webhooks/{webhook}/test", 202, **MANAGING),
    row("POST /v1/webhooks/{webhook}/secret", 201, **MANAGING),
    row("POST /v1/webhooks/{webhook}/replay", 202, {"after": 0}, **MANAGING),
    row("GET /v1/webhooks/{webhook}/attempts", 200, **AUDITING),
    row("DELETE /v1/webhooks/{webhook}", 204, **MANAGING),
]
HANDSETS = [
    row(
        "POST /v1/simulator/inbound",
        202,
        {"from": "{member}", "to": BUSINESS, "body": "Hi"},
        by_value=True,
        **WRITING,
        agent=NOT_PERMITTED,
        stranger=NOT_FOUND,
    ),
    row("GET /v1/simulator/handsets/{phone}", 200, agent=NOT_PERMITTED),
    row("PUT /v1/simulator/behaviors/{phone}", 200, {"behavior": None}, **MANAGING),
    row("PUT /v1/simulator/behaviors/{business}", 200, {"behavior": None}, by_value=True, **MANAGING),
]
GROUPS = {
    "conversations": CONVERSATIONS,
    "contacts": CONTACTS,
    "workspace": WORKSPACE,
    "users": USERS,
    "webhooks": WEBHOOKS,
    "handsets": HANDSETS,
}
Answers = dict[str, dict[str, Expected]]


def test_every_endpoint_of_the_application_has_its_row_R20_R21_R22_R23(plain_site):
    app = plain_site.client._transport.app
    paths = {path: methods for path, methods in app.openapi()["paths"].items() if path not in PUBLIC}
    documented = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    asked = {endpoint_of(each.call) for rows in GROUPS.values() for each in rows}
    assert asked == documented == set(OPERATION_OF), "each endpoint has a row above"
    routed = {re.sub(r":\w+}", "}", route.path) for route in app.routes} - PUBLIC
    assert routed == {*paths, FROZEN, *SIGNED}


def test_every_problem_that_a_row_expects_is_documented_R20_R21_R22_R23():
    for each in (row for rows in GROUPS.values() for row in rows):
        slugs = {answer for answer in each.expected.values() if isinstance(answer, str)}
        assert slugs <= set(OPERATION_OF[endpoint_of(each.call)].problems), each.call


@pytest.mark.parametrize("group", GROUPS)
async def test_everybody_may_do_and_see_exactly_this_R20_R21_R22_R23(plain_site, group: str):
    staff, found = await staffed(plain_site), Answers()
    for each in GROUPS[group]:
        found[name_of(each)] = await answers(staff, each)
    assert found == {name_of(each): each.expected for each in GROUPS[group]}


@pytest.mark.parametrize("group", GROUPS)
async def test_not_found_and_forbidden_come_before_malformed_R22_R23(plain_site, group: str):
    staff, found = await staffed(plain_site), Answers()
    rows = [each for each in GROUPS[group] if not each.by_value]
    for each in rows:
        found[name_of(each)] = await answers(staff, each, "nonsense=1")
    assert found == {name_of(each): {name: malformed(answer) for name, answer in each.expected.items()} for each in rows}


async def test_no_answer_lets_another_site_read_it(plain_site):
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for method, path in (("GET", "/v1/conversations"), ("OPTIONS", "/v1/conversations"), ("GET", "/healthz"), ("GET", "/nothing")):
        response = await plain_site.request(method, path, headers=headers | {"Authorization": f"Bearer {plain_site.key}"})
        assert not [name for name in response.headers if name.startswith("access-control")], (method, path)


def name_of(each: Row) -> str:
    return f"{each.call} {each.body}" if each.body else each.call


def malformed(expected: Expected) -> Expected:
    """Return what the same call answers with a parameter that is not known."""
    refused = isinstance(expected, str) and PROBLEMS[expected].status in (401, 403, 404)
    return expected if refused else "invalid-request"


async def answers(staff: Staff, each: Row, query: str = "") -> dict[str, Expected]:
    """Make a row's call as everybody, on other things once it has changed them."""
    found: dict[str, Expected] = {}
    stage = Stage(staff)
    method, template = each.call.split(" ")
    for name in each.expected:
        stage.caller = name
        path, body = await stage.filled(template), await stage.filled_body(each.body)
        found[name] = await ask(staff, name, method, with_query(path, query), body)
        if found[name] in DONE and method != "GET":
            stage = Stage(staff)
    return found


def with_query(path: str, query: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}{query}" if query else path


async def ask(staff: Staff, name: str, method: str, path: str, body: Any) -> Expected:
    """Make a call, and return a status; of a problem its slug, which must be documented. Nobody has no key."""
    headers = {} if name == "nobody" else {"Authorization": f"Bearer {staff[name].key}"}
    client = staff.owner.client
    if path.startswith("/v1/events"):
        response = await beginning(client, path, headers)
    else:
        response = await client.request(method, path, headers=headers, **({} if body is None else {"json": body}))
    return response.status_code if response.status_code in DONE else slug_of(response)


def slug_of(response: httpx.Response) -> str:
    slug: str = response.json()["type"].removeprefix("/problems/")
    assert response.status_code == PROBLEMS[slug].status
    return slug


async def beginning(client: httpx.AsyncClient, path: str, headers: dict[str, str]) -> httpx.Response:
    """Return an answer that does not end, as far as its headers; or a problem."""
    began: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start" and message["status"] in DONE:
                began.set_result(message["status"])
            await send(message)

        await client._transport.app(scope, receive, sent)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://groupchat.test") as other:
        task = asyncio.create_task(other.get(path, headers=headers))
        await asyncio.wait([task, began], return_when=asyncio.FIRST_COMPLETED)
        if not began.done():
            return await task
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return httpx.Response(began.result())
