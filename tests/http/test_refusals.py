"""Refusal records over HTTP: auditors see them, nobody else does, and no flood of refusals fills the store."""

import asyncio
import re
from collections import Counter
from typing import Any

import pytest

from groupchat.aggregates.refusal import DayLimits
from groupchat.http.guards.refusal_log import RefusalLog
from groupchat.http.monitoring.metrics import Metrics
from groupchat.projections import VIEWS
from groupchat.store.event_store import EventStore
from tests.http.listening import streamed
from tests.http.site import Json, Site, assert_problem, messages_of, open_site, path_of
from tests.http.staff import Staff, staffed
from tests.support.builders import BUSINESS, number
from tests.support.statements import counted
from tests.support.stores import store_on

SEND = "POST /v1/conversations/{conversation_id}/messages"


async def found(site: Site, **filters: str) -> list[Json]:
    """Return the records, once all refusals are stored."""
    await site.services.refusals.written()
    site.position = site.store.log.head()
    answer = await site.get("/v1/refusals", **filters)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def people(site: Site, *owners: str | None) -> list[Json]:
    return [await site.contact(n, assigned_to=owner) for n, owner in enumerate(owners, start=1)]


async def group_of(site: Site, *contacts: Json) -> Json:
    body = {"from": BUSINESS, "participants": [{"contact_id": each["id"]} for each in contacts]}
    return (await site.post("/v1/conversations", body)).json()


async def hidden_from(staff: Staff) -> tuple[Json, Json]:
    """Return a group and a contact that the agent does not see."""
    mine, others = await people(staff.owner, staff.ids["agent"], None)
    return await group_of(staff.owner, mine, others), others


def brief(record: Json) -> tuple[Any, ...]:
    return record["rule"], record["slug"], record["operation"], {name: value for name, value in record["about"].items() if value}


async def test_a_send_stopped_by_an_opt_out_is_recorded_with_both_people_R15(site):
    staff = await staffed(site)
    group = await site.group(1, 2)
    await site.post(path_of(group, "participants", number(2), "opt-out"))
    secret = "Nobody is to read this"
    refused = await staff["member"].post(messages_of(group), {"body": secret}, headers={"Groupchat-Correlation-Id": "crm-1"})
    assert_problem(refused, "conversation-blocked", 409)

    (record,) = await found(staff["auditor"])
    assert brief(record) == ("R15", "conversation-blocked", SEND, {"conversation_id": group["id"], "numbers": [number(2)]})
    assert (record["user_id"], record["correlation_id"], record["times"]) == (staff.ids["member"], "crm-1", 1)
    assert record["first_at"] == record["last_at"] <= record["at"]
    assert secret not in str(site.store.log.stream(record["id"].partition("/")[0]))


async def test_refusals_by_roles_numbers_and_assignment_are_listed_R20_R21_R22(site):
    staff = await staffed(site)
    mine, others = await people(site, staff.ids["agent"], None)
    group = await group_of(site, mine, others)
    await site.post("/v1/numbers", {"number": "+16285550101", "default": True})
    await site.patch(f"/v1/numbers/{BUSINESS}", {"assigned_to": staff.ids["admin"]})

    asked = {"from": BUSINESS, "participants": [{"contact_id": mine["id"]}, {"contact_id": others["id"]}, {"number": number(7)}]}
    assert_problem(await staff["clerk"].post("/v1/conversations", asked), "group-chat-not-permitted", 403)
    assert_problem(await staff["member"].post("/v1/conversations", asked), "number-access-denied", 403)
    assert_problem(await staff["member"].post(messages_of(group), {"body": "x"}), "number-access-denied", 403)
    await site.patch(f"/v1/numbers/{BUSINESS}", {"assigned_to": None})
    assert_problem(await staff["agent"].post("/v1/conversations", asked), "contact-not-assigned", 403)

    create = "POST /v1/conversations"
    assert {each["user_id"] for each in await found(site)} == {staff.ids[name] for name in ("clerk", "member", "agent")}
    assert sorted(map(brief, await found(site)), key=str) == [
        ("R20", "group-chat-not-permitted", create, {}),
        ("R21", "number-access-denied", create, {"business_number": BUSINESS}),
        ("R21", "number-access-denied", SEND, {"conversation_id": group["id"], "business_number": BUSINESS}),
        ("R22", "contact-not-assigned", create, {"contact_ids": [others["id"]], "numbers": [number(7)]}),
    ]


WAYS = [
    ("GET", "/v1/conversations/{conversation_id}", None),
    ("GET", "/v1/conversations/{conversation_id}/messages", None),
    ("GET", "/v1/conversations/{conversation_id}/messages?nonsense=1", None),
    ("GET", "/v1/conversations/{conversation_id}/history", None),
    ("GET", "/v1/ledger?conversation_id={conversation_id}", None),
    ("GET", "/v1/refusals?conversation_id={conversation_id}", None),
    ("GET", "/v1/events?conversation_id={conversation_id}", None),
    ("POST", "/v1/conversations/{conversation_id}/messages", {"body": "x"}),
    ("POST", "/v1/conversations/{conversation_id}/messages", {"nonsense": "x"}),
    ("POST", "/v1/conversations/{conversation_id}/successor", {}),
    ("PATCH", "/v1/conversations/{conversation_id}", {"name": "x"}),
    ("PUT", "/v1/conversations/{conversation_id}/read", None),
    ("GET", "/v1/contacts/{contact_id}", None),
    ("PATCH", "/v1/contacts/{contact_id}", {"name": "x"}),
    ("DELETE", "/v1/contacts/{contact_id}", None),
]


async def test_a_hidden_thing_gets_the_same_bytes_as_a_missing_one_and_is_recorded_R22(site):
    staff = await staffed(site)
    group, contact = await hidden_from(staff)
    there = {"conversation_id": group["id"], "contact_id": contact["id"]}
    nowhere = {name: f"{id_[:-4]}0000" for name, id_ in there.items()}
    headers = {"Groupchat-Correlation-Id": "crm-1"}

    for method, path, body in WAYS:
        given: Json = {} if body is None else {"json": body}
        answers = [await staff["agent"].request(method, path.format(**ids), headers=headers, **given) for ids in (there, nowhere)]
        texts = [re.sub(r'"instance":"[^"]*"', "", answer.text) for answer in answers]
        assert_problem(answers[0], "not-found", 404)
        assert texts[0] == texts[1], path
        assert [list(answer.headers) for answer in answers[:1]] == [list(answer.headers) for answer in answers[1:]]
        assert {len(answer.text) - len(answer.json()["instance"]) for answer in answers} == {len(texts[0]) + len('"instance":""')}

    operations = {f"{method} {path.partition('?')[0]}" for method, path, _ in WAYS}
    records = await found(staff["auditor"])
    assert {each["operation"] for each in records} == operations
    assert {(each["rule"], each["slug"], each["user_id"]) for each in records} == {("R22", "not-found", staff.ids["agent"])}
    assert {each["about"]["conversation_id"] for each in records} == {group["id"], None}
    assert {id_ for each in records for id_ in each["about"]["contact_ids"]} == {contact["id"]}


async def test_a_hidden_message_is_looked_for_as_often_as_a_missing_one_R22(store: EventStore):
    async with open_site(store, workers=list(VIEWS)) as site:  # without deliveries, whose receipts the view would read messages for
        staff = await staffed(site)
        group, _ = await hidden_from(staff)
        hidden = (await site.send(group))["id"]
        await site.get(messages_of(group))
        queries = []
        for id_ in ("msg_none", hidden):
            with counted(site.store.database) as asked:
                assert_problem(await staff["agent"].get(f"/v1/messages/{id_}"), "not-found", 404)
            queries.append(len([each for each in asked if "FROM messages" in each]))
        assert queries == [2, 2]


async def test_requests_for_missing_and_foreign_things_are_not_recorded_R22(site):
    staff = await staffed(site)
    group, _ = await hidden_from(staff)
    for caller in ("stranger", "agent"):
        id_ = group["id"] if caller == "stranger" else "cnv_none"
        assert_problem(await staff[caller].get(f"/v1/conversations/{id_}"), "not-found", 404)
    assert_problem(await staff["member"].put("/v1/policy", {"max_participants": 5}), "not-permitted", 403)
    assert await found(site) == []
    assert await found(staff["stranger"]) == []


async def test_owners_admins_and_auditors_find_it_and_nobody_else_R23(site):
    staff = await staffed(site)
    group, _ = await hidden_from(staff)
    await staff["agent"].get(path_of(group))
    for caller in ("owner", "admin", "auditor"):
        assert len(await found(staff[caller])) == 1
    for caller in ("member", "clerk", "dispatcher", "agent"):
        assert_problem(await staff[caller].get("/v1/refusals"), "not-permitted", 403)
    assert await found(staff["stranger"]) == []

    for caller in ("owner", "auditor", "member", "agent"):
        events = [each for each in await streamed(staff[caller]) if each["type"] == "groupchat.refusal.recorded"]
        assert len(events) == (caller in ("owner", "auditor")), caller


async def test_refusals_are_filtered_and_read_in_pages_newest_last_R15(site):
    staff = await staffed(site)
    groups = [await site.group(1, n) for n in (2, 3)]
    await site.post(path_of(groups[0], "participants", number(1), "opt-out"))
    for group, caller in ((groups[0], "member"), (groups[1], "member"), (groups[1], "admin")):
        assert_problem(await staff[caller].post(messages_of(group), {"body": "x"}), "conversation-blocked", 409)
        await site.services.refusals.written()

    both = {"conversation_id": groups[1]["id"]}
    assert [each["user_id"] for each in await found(site, **both)] == [staff.ids["member"], staff.ids["admin"]]
    assert [each["about"]["conversation_id"] for each in await found(site, user_id=staff.ids["member"])] == [
        each["id"] for each in groups
    ]
    all_of_them = await found(site)
    page = (await site.get("/v1/refusals", limit=2)).json()
    rest = (await site.get("/v1/refusals", limit=2, cursor=page["next_cursor"])).json()
    assert [*page["items"], *rest["items"]] == all_of_them
    assert rest["next_cursor"] is None
    second = all_of_them[1]["first_at"]
    assert await found(site, **{"from": second}) == all_of_them[1:]
    assert await found(site, to=second) == all_of_them[:1]


BAD = [{"from": "yesterday"}, {"to": "2025-02-30"}, {"cursor": "x"}, {"limit": 0}, {"conversation_id": ""}, {"nonsense": "1"}]


@pytest.mark.parametrize("params", BAD, ids=str)
async def test_a_question_that_cannot_be_is_refused(plain_site, params):
    assert_problem(await plain_site.get("/v1/refusals", **params), "invalid-request", 422)


async def test_an_unknown_user_has_no_refusals_to_list_R22(plain_site):
    for params in ({"conversation_id": "cnv_none"}, {"user_id": "usr_none"}):
        assert_problem(await plain_site.get("/v1/refusals", **params), "not-found", 404)


async def test_a_refusal_gets_the_same_response_while_nothing_can_be_recorded_R15(database, store):
    lost = Counter[str]()
    with store_on(database, max_waiting=0) as full:
        log = RefusalLog(full, lambda reason, times: lost.update({reason: times}))
        async with open_site(store, refusals=log) as site:
            group = await site.group(1, 2)
            await site.post(path_of(group, "participants", number(2), "opt-out"))
            for _ in range(3):
                assert_problem(await site.post(messages_of(group), {"body": "x"}), "conversation-blocked", 409)
            assert await found(site) == []
    assert lost == {"failed": 3}


async def test_unrecorded_refusals_are_counted_in_the_metrics_R15(store):
    metrics = Metrics()
    none = RefusalLog(store, metrics.unrecorded, limits=DayLimits(records=0))
    async with open_site(store, refusals=none, metrics=metrics) as site:
        group = await site.group(1, 2)
        await site.post(path_of(group, "participants", number(2), "opt-out"))
        await site.post(messages_of(group), {"body": "x"})
        assert await found(site) == []
        assert 'groupchat_refusals_unrecorded_total{reason="day"} 1.0' in (await site.client.get("/metrics")).text


async def test_500_refused_requests_store_a_few_events_and_lose_no_count_R15_R22(site):
    staff = await staffed(site)
    group, contact = await hidden_from(staff)
    blocked = await site.group(5, 6)
    await site.post(path_of(blocked, "participants", number(6), "opt-out"))
    agent, member, before = staff["agent"], staff["member"], site.store.log.head()

    async def flood(n: int) -> None:
        for _ in range(25):
            if n % 2:
                answer = await agent.get(f"/v1/contacts/{contact['id']}")
            else:
                answer = await member.post(messages_of(blocked), {"body": "Buy!"})
            assert answer.status_code in (404, 409)

    await asyncio.gather(*map(flood, range(20)))
    await site.services.refusals.close()
    records = await found(site)
    assert len(records) <= 8
    assert site.store.log.head() - before == len(records)
    assert sum(each["times"] for each in records) == 500
    assert group["id"] not in {each["about"]["conversation_id"] for each in records}
