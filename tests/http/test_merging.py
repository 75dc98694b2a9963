"""Merging contacts over HTTP: what callers see of it everywhere, before it is answered (R36, R54)."""

from tests.http.site import assert_problem, locs, path_of
from tests.http.staff import staffed
from tests.support.builders import number


async def merge(site, kept, gone):
    return await site.post(f"/v1/contacts/{kept['id']}/merge", {"contact_id": gone["id"]})


async def people(site, made):
    return (await site.get(path_of(made, "participants"))).json()["participants"]


async def test_conversations_panes_search_filters_and_history_lead_to_the_one_that_stays_R9_R27_R54(site):
    kept, gone = await site.contact(1, "Ann"), await site.contact(2, "Beth", external_id="crm-2")
    made = await site.group(2, 5)
    await site.patch(f"/v1/contacts/{gone['id']}", {"number": number(3)})
    assert (await people(site, made))[0]["tags"] == ["updated"]
    merged = await merge(site, kept, gone)
    assert merged.status_code == 200
    assert merged.json() == (await site.get(f"/v1/contacts/{kept['id']}")).json()
    assert (merged.json()["secondary_numbers"], merged.json()["external_id"]) == ([number(3)], "crm-2")
    assert [(each["contact_id"], each["name"], each["tags"]) for each in await people(site, made)] == [
        (kept["id"], "Ann", ["updated"]),
        (None, None, []),
    ]
    await site.patch(f"/v1/contacts/{kept['id']}", {"secondary_numbers": [number(2), number(3)]})
    assert (await people(site, made))[0]["tags"] == []
    for query in ({"q": "ann"}, {"contact_id": kept["id"]}):
        assert [each["id"] for each in (await site.get("/v1/conversations", **query)).json()["items"]] == [made["id"]]
    assert (await site.get("/v1/conversations", contact_id=gone["id"])).json()["items"] == []
    for query in ({"number": number(3)}, {"external_id": "crm-2"}, {"q": "5550003"}):
        assert [each["id"] for each in (await site.get("/v1/contacts", **query)).json()["items"]] == [kept["id"]]
    assert_problem(await site.get(f"/v1/contacts/{gone['id']}"), "not-found", 404)


async def test_every_answer_about_a_contact_names_the_others_with_one_of_its_numbers_R2_R54(site):
    first = await site.contact(1, "Ann")
    second = await site.contact(2, "Bo", secondary_numbers=[number(1)])
    assert (first["same_number_as"], second["same_number_as"]) == ([], [first["id"]])
    third = (await site.put("/v1/contacts/by-external-id/crm-3", {"name": "Cy", "number": number(2)})).json()
    assert third["same_number_as"] == [second["id"]]
    path = f"/v1/contacts/{second['id']}"
    assert (await site.get(path)).json()["same_number_as"] == [first["id"], third["id"]]
    merged = await merge(site, second, first)
    assert merged.json()["same_number_as"] == [third["id"]]
    assert (await site.patch(path, {"number": number(9), "secondary_numbers": []})).json()["same_number_as"] == []


async def test_contacts_that_are_hidden_are_not_named_among_those_with_the_same_number_R22_R54(site):
    agent = (await staffed(site))["agent"]
    me = (await agent.get("/v1/users/me")).json()["id"]
    hidden, mine = await site.contact(31, "Ann"), await site.contact(31, "Ann", assigned_to=me)
    assert mine["same_number_as"] == [hidden["id"]]
    assert (await agent.get(f"/v1/contacts/{mine['id']}")).json()["same_number_as"] == []
    made = (await agent.post("/v1/contacts", {"name": "Ann", "number": number(31)})).json()
    assert made["same_number_as"] == [mine["id"]]


async def test_as_of_before_the_merge_the_participant_is_linked_to_the_other_one_R32_R54(site):
    kept, gone = await site.contact(1, "Ann"), await site.contact(2, "Beth")
    made = await site.group(2, 5)
    await merge(site, kept, gone)
    before, now = [(await site.get(path_of(made, "history/state"), version=n)).json() for n in (1, 2)]
    assert [state["participants"]["participants"][0]["name"] for state in (before, now)] == ["Beth", "Ann"]
    event = (await site.get(path_of(made, "history"))).json()["items"][1]
    assert event["type"] == "groupchat.conversation.contact_merged"
    assert event["data"] == {"contact_id": kept["id"], "merged_id": gone["id"], "number": number(2), "name": "Ann"}


async def test_an_impossible_merge_is_refused_with_its_place_R54(plain_site):
    site = plain_site
    one = await site.contact(1, "Ann")
    path = f"/v1/contacts/{one['id']}/merge"
    assert locs(assert_problem(await site.post(path, {"contact_id": one["id"]}), "invalid-request", 422)) == ["contact_id"]
    assert locs(assert_problem(await site.post(path, {}), "invalid-request", 422)) == ["contact_id"]
    assert_problem(await site.post(path, {"contact_id": "ctc_unknown"}), "not-found", 404)


async def test_a_restricted_user_sees_the_conversations_of_the_one_that_stays_and_merges_only_theirs_R22_R54(site):
    agent = (await staffed(site))["agent"]
    me = (await agent.get("/v1/users/me")).json()["id"]
    mine, too, hidden = [await site.contact(n, "Ann", assigned_to=me if n < 23 else None) for n in (21, 22, 23)]
    made = await site.group(22, 23)
    assert_problem(await agent.get(path_of(made)), "not-found", 404)
    assert_problem(await merge(agent, mine, hidden), "not-found", 404)
    assert (await merge(agent, mine, too)).status_code == 200
    assert (await merge(site, mine, hidden)).status_code == 200
    assert (await agent.get(path_of(made))).status_code == 200
    assert made["id"] in [each["id"] for each in (await agent.get("/v1/conversations")).json()["items"]]
