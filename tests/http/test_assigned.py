"""A user who is restricted to assigned data (R22) sees nothing of others, and access follows the assignment."""

import re
from typing import Any

import httpx

from tests.http.site import Json, Site, assert_problem, messages_of, path_of
from tests.http.staff import Staff
from tests.support.builders import BUSINESS, number

MINE, SECRET = "Mine-q7", "Hidden-zx9"
"""Words that appear in everything that the agent may see, and in everything that they may not."""


class Witness(Site):
    """A caller who keeps every response."""

    def __init__(self, site: Site) -> None:
        super().__init__(site.client, site.world, site.services, site.key)
        self.heard: list[str] = []

    async def request(self, method: str, path: str, **given: Any) -> httpx.Response:
        response = await super().request(method, path, **given)
        self.heard.append(f"{response.headers}\n{response.text}")
        return response

    async def everything(self, path: str, **params: Any) -> list[Json]:
        """Return all items of a list, read one by one."""
        found: list[Json] = []
        cursor: dict[str, str] = {}
        while True:
            page = (await self.get(path, limit=1, **params, **cursor)).json()
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            cursor = {"cursor": page["next_cursor"]}


async def an_agent(site: Site) -> tuple[Witness, str]:
    """Return the API for a restricted user, and the user's id."""
    staff = Staff(site)
    return Witness(await staff.hire("agent", role="member", assigned_only=True)), staff.ids["agent"]


async def people(site: Site, first: int, word: str, *owners: str | None) -> list[Json]:
    return [await site.contact(first + n, f"{word} {first + n}", assigned_to=owner) for n, owner in enumerate(owners)]


async def group_of(site: Site, *participants: Json, name: str | None = None) -> Json:
    asked = [{"contact_id": each["id"]} if "id" in each else each for each in participants]
    response = await site.post("/v1/conversations", {"from": BUSINESS, "participants": asked, "name": name})
    assert response.status_code == 201, response.text
    return response.json()


async def talked_in(site: Site, group: Json, writer: int, others: list[int], word: str) -> Json:
    """Let a group have messages out and in, a read mark, and a message on the ledger."""
    await site.send(group, f"{word} out")
    await site.writes(writer, f"{word} in", group=[number(n) for n in others])
    await site.put(path_of(group, "read"))
    return group


async def a_hidden_world(site: Site, agent_id: str, mine: list[Json]) -> tuple[list[Json], list[Json], list[str]]:
    """Plant groups and contacts of others; return groups, contacts, and the numbers that are in none of the agent's groups."""
    others = await people(site, 21, SECRET, None, site.world.who.user.id)
    groups = [
        await group_of(site, mine[0], others[0], name=f"{SECRET} mixed"),
        await group_of(site, mine[1], {"number": number(31), "name": f"{SECRET} bare"}),
        await group_of(site, *others, name=f"{SECRET} others"),
    ]
    await talked_in(site, groups[0], 21, [1], SECRET)
    await talked_in(site, groups[1], 31, [2], SECRET)
    await talked_in(site, groups[2], 22, [21], SECRET)
    await site.post(path_of(groups[2], "participants", number(21), "opt-out"))
    return groups, others, [number(n) for n in (21, 22, 31)]


LISTS = ("/v1/conversations", "/v1/contacts", "/v1/ledger", "/v1/users", "/v1/numbers", "/v1/roles", "/v1/rates")
SEARCHES = (SECRET, "hidden", "in", "+1", "555", number(21), "415-555-0031", number(1), "4155550022", "")
FILTERS = ({"unread": "true"}, {"unread": "false"}, {"blocked": "true"}, {"blocked": "false"}, {"from": BUSINESS})


async def ask_everything(caller: Witness, group: Json) -> None:
    """Read all lists, with all filters and searches, and all of a group."""
    for path in LISTS:
        await caller.get(path)
        await caller.everything(path)
    for q in SEARCHES:
        for path in ("/v1/conversations", "/v1/contacts", path_of(group, "participants")):
            await caller.get(path, q=q)
    for each in FILTERS:
        await caller.get("/v1/conversations", **each)
    month = group["created_at"][:7]
    for params in ({"month": month}, {"month": month, "format": "csv"}):
        await caller.get("/v1/ledger/statement", **params)
    await caller.get("/v1/ledger", **{"from": "2020-01-01"})
    for part in ("messages", "participants", "history"):
        await caller.get(path_of(group, part))
    await caller.get(path_of(group))


async def ask_for_what_is_hidden(caller: Witness, groups: list[Json], contacts: list[Json]) -> None:
    """Ask for hidden things by their ids; none is there."""
    for hidden in groups:
        for part in ([], ["messages"], ["participants"], ["history"]):
            assert_problem(await caller.get(path_of(hidden, *part)), "not-found", 404)
        assert_problem(await caller.get("/v1/ledger", conversation_id=hidden["id"]), "not-found", 404)
        assert_problem(await caller.post(messages_of(hidden), {"body": "x"}), "not-found", 404)
        assert_problem(await caller.patch(path_of(hidden), {"name": "x"}), "not-found", 404)
        assert_problem(await caller.post(path_of(hidden, "successor")), "not-found", 404)
        assert_problem(await caller.put(path_of(hidden, "read")), "not-found", 404)
        assert_problem(await caller.post(path_of(hidden, "participants", number(21), "opt-out")), "not-found", 404)
    for contact in contacts:
        for method, given in (("GET", {}), ("PATCH", {"json": {"name": "x"}}), ("DELETE", {})):
            assert_problem(await caller.request(method, f"/v1/contacts/{contact['id']}", **given), "not-found", 404)


def traces(heard: list[str], groups: list[Json], contacts: list[Json], numbers: list[str]) -> set[str]:
    """Return what of the hidden is to be found in answers, but for the paths that were asked for."""
    marks = {SECRET, SECRET.lower(), *numbers, *(each["id"] for each in (*groups, *contacts))}
    texts = "".join(re.sub(r'"instance":"[^"]*"', "", text) for text in heard)
    return {mark for mark in marks if mark in texts}


async def test_nothing_of_others_is_in_any_answer_to_a_restricted_user_R22(site):
    agent, agent_id = await an_agent(site)
    mine = await people(site, 1, MINE, agent_id, agent_id)
    seen = await talked_in(site, await group_of(site, *mine, name=MINE), 1, [2], MINE)
    groups, contacts, numbers = await a_hidden_world(site, agent_id, mine)
    hidden = (groups, contacts, numbers)

    agent.position = site.position
    await ask_everything(agent, seen)
    await ask_for_what_is_hidden(agent, groups, contacts)
    assert traces(agent.heard, *hidden) == set()
    assert any(MINE in text for text in agent.heard)

    owner = Witness(site)
    owner.position = site.position
    await ask_everything(owner, seen)
    assert len(traces(owner.heard, *hidden)) >= len(groups) + len(contacts) + len(numbers)


async def test_lists_and_counts_cover_only_groups_that_the_user_sees_R22_R27_R30(site):
    agent, agent_id = await an_agent(site)
    mine = await people(site, 1, MINE, agent_id, agent_id, agent_id)
    first, second = await group_of(site, mine[0], mine[1]), await group_of(site, mine[1], mine[2])
    await a_hidden_world(site, agent_id, mine)
    await talked_in(site, first, 1, [2], MINE)
    agent.position = site.position
    inbox = (await agent.get("/v1/conversations")).json()["items"]
    assert [(each["id"], each["unread_count"]) for each in inbox] == [(first["id"], 1), (second["id"], 0)]
    assert [each["id"] for each in await agent.everything("/v1/conversations", unread="true")] == [first["id"]]
    assert [each["id"] for each in await agent.everything("/v1/contacts", q="+1415")] == [each["id"] for each in mine]
    entries = (await agent.get("/v1/ledger")).json()["items"]
    assert {each["conversation_id"] for each in entries} == {first["id"]}
    statement = (await agent.get("/v1/ledger/statement", month=entries[0]["at"][:7])).json()
    assert [(each["segments"], each["amount"]) for each in statement["totals"]] == [(2, "0.0400")]
    assert [each["email"] for each in (await agent.get("/v1/users")).json()["items"]] == ["agent@example.com"]


async def shown(agent: Witness, group: Json, contact: Json) -> list[bool]:
    """Return where the agent finds a group, and one of its contacts."""
    month = group["created_at"][:7]
    statement = (await agent.get("/v1/ledger/statement", month=month)).json()["conversations"]
    lists = [
        [each["id"] for each in (await agent.get("/v1/conversations")).json()["items"]],
        [each["id"] for each in (await agent.get("/v1/conversations", q=number(2))).json()["items"]],
        [each["conversation_id"] for each in (await agent.get("/v1/ledger")).json()["items"]],
        [each["conversation_id"] for each in statement],
    ]
    parts = [(await agent.get(path_of(group, *part))).status_code == 200 for part in ([], ["messages"], ["history"])]
    found = [each["id"] for each in (await agent.get("/v1/contacts", q="415555")).json()["items"]]
    return [*(group["id"] in each for each in lists), *parts, contact["id"] in found]


async def test_a_group_is_gone_when_a_contact_is_assigned_to_somebody_else_and_is_back_with_it_R22(site):
    agent, agent_id = await an_agent(site)
    mine = await people(site, 1, MINE, agent_id, agent_id)
    group = await group_of(site, *mine)
    await site.send(group)
    for assignee, there in ((agent_id, True), (site.world.who.user.id, False), (agent_id, True), (None, False)):
        await site.patch(f"/v1/contacts/{mine[1]['id']}", {"assigned_to": assignee})
        assert set(await shown(agent, group, mine[1])) == {there}
        sent = await agent.post(messages_of(group), {"body": "Hi"})
        assert sent.status_code == (201 if there else 404)
    await site.patch(f"/v1/users/{agent_id}", {"assigned_only": False})
    assert set(await shown(agent, group, mine[1])) == {True}
    await site.patch(f"/v1/users/{agent_id}", {"assigned_only": True})
    assert set(await shown(agent, group, mine[1])) == {False}


async def test_a_restricted_user_adds_their_own_contacts_and_groups_of_them_R20_R22(site):
    agent, agent_id = await an_agent(site)
    mine = [await agent.contact(n, "Ann") for n in (1, 2)]
    assert [each["assigned_to"] for each in mine] == [agent_id] * 2
    made = await group_of(agent, *mine)
    assert (await agent.get(path_of(made))).json()["participant_count"] == 2
    bare = await agent.post("/v1/conversations", {"from": BUSINESS, "participants": [{"number": number(1)}, {"number": number(2)}]})
    assert assert_problem(bare, "group-exists", 409)["conversation_id"] == made["id"]


async def test_an_unknown_a_foreign_and_anothers_contact_are_refused_alike_R22(site):
    agent, agent_id = await an_agent(site)
    (mine,) = await people(site, 1, MINE, agent_id)
    others = await people(site, 11, SECRET, None, site.world.who.user.id)
    stranger = await site.stranger()
    foreign = await stranger.contact(41, "Foreign")
    answers = []
    for participant in (
        {"contact_id": "ctc_nobody"},
        {"contact_id": foreign["id"]},
        *({"contact_id": each["id"]} for each in others),
        {"number": number(11)},
        {"number": number(77), "name": "Nobody"},
        {"contact_id": others[0]["id"], "number": number(77)},
    ):
        body = {"from": BUSINESS, "participants": [{"contact_id": mine["id"]}, participant]}
        answers.append(assert_problem(await agent.post("/v1/conversations", body), "contact-not-assigned", 403))
    assert all(each == answers[0] for each in answers)
    assert answers[0]["indexes"] == [1]


async def test_the_same_people_in_a_hidden_group_are_refused_without_its_id_R22_R35(site):
    agent, agent_id = await an_agent(site)
    (older,) = await people(site, 1, SECRET, None)
    (mine,) = await people(site, 2, MINE, agent_id)
    hidden = await group_of(site, older, mine)
    mine_too = await site.contact(3, MINE, secondary_numbers=[number(1)], assigned_to=agent_id)
    asked = [{"contact_id": mine["id"]}, {"contact_id": mine_too["id"], "number": number(1)}]
    response = await agent.post("/v1/conversations", {"from": BUSINESS, "participants": asked})
    assert assert_problem(response, "group-exists", 409)["conversation_id"] is None
    assert hidden["id"] not in response.text
    response = await site.post("/v1/conversations", {"from": BUSINESS, "participants": asked})
    assert assert_problem(response, "group-exists", 409)["conversation_id"] == hidden["id"]


# --- another workspace


async def test_another_workspaces_ids_are_unknown_under_every_path_R22(site):
    stranger = await site.stranger()
    (contact,) = await people(site, 1, SECRET, None)
    group, user = await group_of(site, contact, {"number": number(2)}), site.world.who.user.id
    key = (await site.get(f"/v1/users/{user}/keys")).json()["items"][0]["id"]
    real = {"cnv": group["id"], "ctc": contact["id"], "usr": user, "key": key, "num": BUSINESS}
    made_up = {"cnv": "cnv_none", "ctc": "ctc_none", "usr": "usr_none", "key": "key_none", "num": number(3000)}
    own = (await stranger.get("/v1/users/me")).json()["id"]
    for method, path, body in FOREIGN:
        events = [
            (await stranger.request(method, filled(path, ids | {"own": own}), json=with_ids(body, ids)), ids)
            for ids in (real, made_up)
        ]
        assert events[0][0].status_code in (403, 404, 422), (method, path)
        assert neutral(*events[0]) == neutral(*events[1]), (method, path)
        assert SECRET not in events[0][0].text


FOREIGN: list[tuple[str, str, Any]] = [
    *[("GET", f"/v1/conversations/{{cnv}}{part}", None) for part in ("", "/messages", "/participants", "/history")],
    ("PATCH", "/v1/conversations/{cnv}", {"name": "x"}),
    ("POST", "/v1/conversations/{cnv}/messages", {"body": "x"}),
    ("POST", "/v1/conversations/{cnv}/messages", {"nonsense": 1}),
    ("POST", "/v1/conversations/{cnv}/successor", {}),
    ("POST", "/v1/conversations/{cnv}/participants/+14155550001/opt-out", None),
    ("PUT", "/v1/conversations/{cnv}/read", None),
    ("DELETE", "/v1/conversations/{cnv}/read", None),
    ("GET", "/v1/contacts/{ctc}", None),
    ("PATCH", "/v1/contacts/{ctc}", {"dnd": True}),
    ("DELETE", "/v1/contacts/{ctc}", None),
    ("PATCH", "/v1/numbers/{num}", {"label": "x"}),
    ("PATCH", "/v1/users/{usr}", {"role": "admin"}),
    *[(method, "/v1/users/{usr}/keys", None) for method in ("GET", "POST")],
    ("DELETE", "/v1/users/{usr}/keys/{key}", None),
    ("DELETE", "/v1/users/{own}/keys/{key}", None),
    ("GET", "/v1/ledger?conversation_id={cnv}", None),
    ("POST", "/v1/conversations", {"from": "{num}", "participants": [{"number": number(1)}, {"number": number(2)}]}),
    ("POST", "/v1/conversations", {"from": "+16285550199", "participants": [{"contact_id": "{ctc}"}, {"number": number(2)}]}),
    ("POST", "/v1/contacts", {"name": "x", "number": number(1), "assigned_to": "{usr}"}),
    ("POST", "/v1/numbers", {"number": "+14165550123", "assigned_to": "{usr}"}),
    ("POST", "/v1/simulator/inbound", {"from": number(1), "to": "{num}", "body": "STOP"}),
]
"""Calls that name things of another workspace."""


def filled(path: str, ids: dict[str, str]) -> str:
    return path.format_map(ids)


def with_ids(body: Any, ids: dict[str, str]) -> Any:
    if isinstance(body, dict):
        return {name: with_ids(value, ids) for name, value in body.items()}
    if isinstance(body, list):
        return [with_ids(value, ids) for value in body]
    return ids[body[1:-1]] if isinstance(body, str) and body.startswith("{") else body


def neutral(response: httpx.Response, ids: dict[str, str]) -> tuple[int, str]:
    """Return an answer without the ids that it was asked for."""
    text = response.text
    for name, value in ids.items():
        text = text.replace(value, name)
    return response.status_code, text
