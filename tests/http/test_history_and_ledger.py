"""A conversation's events, and the ledger, over HTTP."""

from tests.http.site import assert_problem, locs, path_of
from tests.support.builders import BUSINESS, number


async def test_the_history_has_every_event_with_its_actor_time_and_request_R31(site):
    made = await site.group(1, 2)
    headers = {"Groupchat-Correlation-Id": "crm-4711"}
    await site.request("PATCH", path_of(made), json={"name": "Crew"}, headers=headers)
    await site.writes(1, "STOP")
    items = (await site.get(path_of(made, "history"))).json()["items"]
    types = ["created", "renamed", "inbound_received", "participant_opted_out", "auto_replied"]
    assert [each["type"] for each in items] == [f"groupchat.conversation.{name}" for name in types]
    assert [each["version"] for each in items] == [1, 2, 3, 4, 5]
    assert [each["position"] for each in items] == sorted({each["position"] for each in items})
    assert items[0]["data"]["business_number"] == BUSINESS
    assert items[1] == {
        "type": "groupchat.conversation.renamed",
        "stream": made["id"],
        "version": 2,
        "position": items[1]["position"],
        "at": items[1]["at"],
        "actor": {"kind": "user", "id": site.world.who.user.id},
        "correlation_id": "crm-4711",
        "data": {"name": "Crew"},
    }
    assert items[3]["actor"] == {"kind": "participant", "id": number(1)}


async def test_the_history_is_read_in_pages_from_any_version_on_R31(site):
    made = await site.group(1, 2)
    for n in range(4):
        await site.send(made, str(n))
    history = path_of(made, "history")
    page = (await site.get(history, after_version=1, limit=3)).json()
    assert [each["version"] for each in page["items"]] == [2, 3, 4]
    rest = (await site.get(history, after_version=1, limit=3, cursor=page["next_cursor"])).json()
    assert ([each["version"] for each in rest["items"]], rest["next_cursor"]) == ([5], None)
    assert (await site.get(history, after_version=5)).json() == {"items": [], "next_cursor": None}


BAD_PARTS = [{"after_version": -1}, {"after_version": "x"}, {"cursor": "x"}, {"limit": 0}, {"at": "now"}]


async def test_a_part_of_the_history_that_cannot_be_is_refused(plain_site):
    made = await plain_site.group()
    for params in BAD_PARTS:
        assert_problem(await plain_site.get(path_of(made, "history"), **params), "invalid-request", 422)


async def test_the_ledger_has_an_entry_per_message_and_recipient_R24_R25(site):
    made = await site.group(1, 2)
    sent = await site.send(made)
    entries = (await site.get("/v1/ledger")).json()["items"]
    assert [each["recipient"] for each in entries] == [number(1), number(2)]
    assert entries[0] == {
        "id": f"{made['id']}/2/1",
        "at": sent["at"],
        "conversation_id": made["id"],
        "message_id": sent["id"],
        "recipient": number(1),
        "kind": "mms",
        "segments": 1,
        "rate": "0.0200",
        "amount": "0.0200",
        "currency": "USD",
        "event": {"stream": made["id"], "conversation_id": made["id"], "version": 2},
        "carrier_cost": None,
    }


async def test_the_ledger_is_filtered_and_read_in_pages_R25(site):
    first, second = await site.group(1, 2), await site.group(1, 3)
    sent = [await site.send(each) for each in (first, second, first)]
    of_first = (await site.get("/v1/ledger", conversation_id=first["id"])).json()["items"]
    assert {each["message_id"] for each in of_first} == {sent[0]["id"], sent[2]["id"]}
    later = (await site.get("/v1/ledger", **{"from": sent[1]["at"]})).json()["items"]
    assert {each["message_id"] for each in later} == {sent[1]["id"], sent[2]["id"]}
    earlier = (await site.get("/v1/ledger", to=sent[1]["at"])).json()["items"]
    assert {each["message_id"] for each in earlier} == {sent[0]["id"]}
    to_third = (await site.get("/v1/ledger", recipient="415-555-0003", number=BUSINESS)).json()["items"]
    assert [(each["message_id"], each["recipient"]) for each in to_third] == [(sent[1]["id"], number(3))]
    assert (await site.get("/v1/ledger", number=number(3))).json()["items"] == []
    page = (await site.get("/v1/ledger", limit=5)).json()
    rest = (await site.get("/v1/ledger", limit=5, cursor=page["next_cursor"])).json()
    assert (len(page["items"]), len(rest["items"]), rest["next_cursor"]) == (5, 1, None)
    assert (await site.get("/v1/ledger", **{"from": "2999-01-01"})).json()["items"] == []


BAD_TIMES = [({"from": "yesterday"}, "query.from"), ({"to": "2025-01-31T00:00:00"}, "query.to"), ({"to": "2025-02-30"}, "query.to")]


async def test_a_time_of_the_ledger_that_cannot_be_is_refused(plain_site):
    for params, loc in BAD_TIMES:
        assert locs(assert_problem(await plain_site.get("/v1/ledger", **params), "invalid-request", 422)) == [loc]


async def test_the_ledger_of_another_workspaces_conversation_is_not_found(site):
    made = await site.group()
    await site.send(made)
    stranger = await site.stranger()
    assert_problem(await stranger.get("/v1/ledger", conversation_id=made["id"]), "not-found", 404)
    assert (await stranger.get("/v1/ledger")).json()["items"] == []
