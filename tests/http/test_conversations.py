"""Conversations over HTTP: creating, inbox, renaming, successor, read marks."""

import asyncio

from tests.http.site import OTHER_BUSINESS, assert_problem, locs, messages_of, path_of
from tests.support.builders import BUSINESS, number


def ids(response):
    assert response.status_code == 200, response.text
    return [item["id"] for item in response.json()["items"]]


def violations(problem):
    return [(each["rule"], each["code"], each.get("index")) for each in problem["violations"]]


# --- creating


async def test_a_group_is_created_from_contacts_and_bare_numbers_in_any_written_form_R2_R3(site):
    ann = await site.contact(1, "Ann")
    participants = [{"contact_id": ann["id"]}, {"number": "(415) 555-0002", "name": "Bob"}]
    response = await site.post("/v1/conversations", {"from": "628-555-0100", "participants": participants})
    assert response.status_code == 201
    made = response.json()
    assert response.headers["Location"] == path_of(made)
    assert int(response.headers["Groupchat-Position"]) == await asyncio.to_thread(site.store.log.head)
    assert made == {
        "id": made["id"],
        "from": BUSINESS,
        "name": None,
        "display_name": "Ann, Bob",
        "blocked": False,
        "blocked_by": [],
        "participant_count": 2,
        "kind": "group",
        "unread_count": 0,
        "version": 1,
        "created_at": made["created_at"],
        "created_by": site.world.who.user.id,
        "last_activity_at": made["created_at"],
        "last_message": None,
        "predecessor_id": None,
        "successor_id": None,
        "metadata": {},
    }
    assert made["created_at"].endswith("Z")


async def test_the_response_to_a_creation_equals_the_next_read_R27(site):
    made = await site.group(name="Crew", message={"body": "Welcome"})
    assert made["last_message"]["body"] == "Welcome"
    assert (await site.get(path_of(made))).json() == made
    assert (await site.get("/v1/conversations")).json()["items"] == [made | {"matched": None}]


async def test_all_faults_of_a_group_are_reported_at_once_R6(site):
    participants = [{"number": "nonsense"}, {"number": "+18005550199"}, {"number": BUSINESS}, {"contact_id": "ctc_none"}]
    response = await site.post("/v1/conversations", {"from": BUSINESS, "participants": participants})
    problem = assert_problem(response, "invalid-group", 422)
    assert set(violations(problem)) == {
        ("R3", "invalid-number", 0),
        ("R4", "number-not-textable", 1),
        ("R3", "business-number-as-participant", 2),
        ("R2", "contact-unknown", 3),
    }
    assert ids(await site.get("/v1/conversations")) == []


async def test_a_group_has_as_many_participants_as_the_policy_says_R1(site):
    for count, code in ((0, "too-few-participants"), (1, "too-few-participants"), (11, "too-many-participants")):
        participants = [{"number": number(n)} for n in range(count)]
        response = await site.post("/v1/conversations", {"from": BUSINESS, "participants": participants})
        assert violations(assert_problem(response, "invalid-group", 422)) == [("R1", code, None)]


async def test_the_same_group_is_not_created_twice_R35(site):
    made = await site.group(1, 2)
    participants = [{"number": number(2)}, {"number": number(1)}]
    response = await site.post("/v1/conversations", {"from": BUSINESS, "participants": participants})
    assert assert_problem(response, "group-exists", 409)["conversation_id"] == made["id"]


async def test_a_participant_is_a_contact_or_a_number_R2(plain_site):
    for participant in ({}, {"name": "Ann"}, {"contact_id": "ctc_1", "name": "Ann"}):
        body = {"from": BUSINESS, "participants": [{"number": number(1)}, participant]}
        problem = assert_problem(await plain_site.post("/v1/conversations", body), "invalid-request", 422)
        assert locs(problem) == ["participants.1"]


# --- the inbox


async def test_the_inbox_shows_the_newest_activity_first_R27(site):
    first, second = await site.group(1, 2), await site.group(1, 3)
    assert ids(await site.get("/v1/conversations")) == [second["id"], first["id"]]
    await site.send(first)
    assert ids(await site.get("/v1/conversations")) == [first["id"], second["id"]]


async def test_the_inbox_is_read_in_pages_R27(site):
    made = [(await site.group(1, n))["id"] for n in range(2, 7)]
    page = (await site.get("/v1/conversations", limit=2)).json()
    seen = [item["id"] for item in page["items"]]
    while page["next_cursor"] is not None:
        page = (await site.get("/v1/conversations", limit=2, cursor=page["next_cursor"])).json()
        seen += [item["id"] for item in page["items"]]
    assert seen == made[::-1]


async def test_the_inbox_is_filtered_by_unread_blocked_and_business_number_R27(site):
    quiet, unread, blocked = await site.group(1, 2), await site.group(3, 4), await site.group(5, 6)
    await site.writes(3, "Hello")
    await site.post(path_of(blocked, "participants", number(5), "opt-out"))
    assert ids(await site.get("/v1/conversations", unread="true")) == [unread["id"]]
    assert ids(await site.get("/v1/conversations", blocked="true")) == [blocked["id"]]
    assert set(ids(await site.get("/v1/conversations", blocked="false", unread="false"))) == {quiet["id"]}
    assert len(ids(await site.get("/v1/conversations", **{"from": "(628) 555-0100"}))) == 3
    assert ids(await site.get("/v1/conversations", **{"from": OTHER_BUSINESS})) == []


async def test_the_inbox_is_searched_by_name_participant_and_number_in_any_form_R27(site):
    await site.contact(1, "Ángela")
    named, other = await site.group(1, 2, name="Saturday Crew"), await site.group(3, 4)
    for q in ("crew", "ÁNGELA", "415-555-0001", "5550002"):
        assert ids(await site.get("/v1/conversations", q=q)) == [named["id"]], q
    assert set(ids(await site.get("/v1/conversations", q=" "))) == {named["id"], other["id"]}
    assert ids(await site.get("/v1/conversations", q="nobody")) == []


MISFIT_QUERIES = [
    ({"limit": "0"}, "query.limit"),
    ({"limit": "201"}, "query.limit"),
    ({"limit": "many"}, "query.limit"),
    ({"limit": ["1", "2"]}, "query.limit"),
    ({"unread": "perhaps"}, "query.unread"),
    ({"from": "nonsense"}, "query.from"),
    ({"cursor": "???"}, "cursor"),
    ({"colour": "red"}, "query.colour"),
    ({"q": "\0"}, "query.q"),
    ({"q": "x" * 201}, "query.q"),
]


async def test_query_parameters_that_do_not_fit_are_refused_with_their_place(plain_site):
    for params, loc in MISFIT_QUERIES:
        assert locs(assert_problem(await plain_site.get("/v1/conversations", **params), "invalid-request", 422)) == [loc]


# --- one conversation


async def test_a_group_is_renamed_and_goes_back_to_its_participants_names_R13(site):
    made = await site.group(1, 2)
    renamed = await site.patch(path_of(made), {"name": "Crew 🚲"})
    assert renamed.status_code == 200
    assert renamed.json() == made | {"name": "Crew 🚲", "display_name": "Crew 🚲", "version": 2}
    assert int(renamed.headers["Groupchat-Position"]) == await asyncio.to_thread(site.store.log.head)
    back = (await site.patch(path_of(made), {"name": None})).json()
    assert (back["name"], back["display_name"]) == (None, f"{number(1)}, {number(2)}")
    assert (await site.get(path_of(made))).json() == back


BAD_NAMES = [
    {"name": ""}, {"name": "x" * 121}, {"name": 5}, {"name": "a\0b"}, {"title": "x"},
    {"name": " "}, {"name": "\u200b"}, {"name": "\u3164"}, {"name": "a\nb"}, {"name": "a\tb"}, {"name": "a\u2028b"},
]  # fmt: skip


async def test_a_bad_name_is_refused_R13(plain_site):
    made = await plain_site.group()
    for body in BAD_NAMES:
        assert_problem(await plain_site.patch(path_of(made), body), "invalid-request", 422)


async def test_a_successor_has_the_participants_who_have_not_opted_out_and_is_linked_both_ways_R18(site):
    old = await site.group(1, 2, 3, name="Crew")
    await site.writes(3, "STOP")
    response = await site.post(path_of(old, "successor"), {"message": {"body": "Going on here"}})
    assert response.status_code == 201
    new = response.json()
    assert response.headers["Location"] == path_of(new)
    assert (new["predecessor_id"], new["name"], new["participant_count"]) == (old["id"], "Crew", 2)
    assert new["last_message"]["body"] == "Going on here"
    assert (await site.get(path_of(old))).json()["successor_id"] == new["id"]
    assert (await site.get(path_of(new))).json() == new


async def test_a_successor_needs_no_body_and_may_drop_the_name_R18(site):
    old = await site.group(1, 2, 3, name="Crew")
    await site.writes(3, "STOP")
    assert (await site.request("POST", path_of(old, "successor"))).json()["name"] == "Crew"
    other = await site.group(4, 5, 6, name="Crew")
    await site.writes(6, "STOP")
    assert (await site.post(path_of(other, "successor"), {"name": None})).json()["name"] is None


async def test_a_successor_of_too_few_is_refused_R18(site):
    old = await site.group(1, 2)
    await site.writes(2, "STOP")
    assert_problem(await site.post(path_of(old, "successor"), {}), "invalid-group", 422)


async def test_reading_is_each_users_own_R30(site):
    made = await site.group(1, 2)
    ben = await site.member()
    await site.writes(1, "Hello")
    await site.put(path_of(made, "read"))
    ben.position = site.position
    assert (await site.get(path_of(made))).json()["unread_count"] == 0
    assert (await ben.get(path_of(made))).json()["unread_count"] == 1
    response = await site.delete(path_of(made, "read"))
    assert (response.status_code, response.content) == (204, b"")
    assert (await site.get(path_of(made))).json()["unread_count"] == 1


async def test_a_conversation_is_read_up_to_a_version_and_never_less_far_R30(site):
    made = await site.group(1, 2)
    versions = []
    for body in ("one", "two", "three"):
        await site.writes(1, body)
        versions.append((await site.get(path_of(made))).json()["version"])

    async def unread_after(version):
        assert (await site.put(path_of(made, "read"), {"version": version})).status_code == 204
        return (await site.get(path_of(made))).json()["unread_count"]

    assert [await unread_after(version) for version in (1, versions[0], versions[1], versions[0])] == [3, 2, 1, 1]
    await site.delete(path_of(made, "read"))
    assert await unread_after(versions[0]) == 1
    assert await unread_after(None) == 0


async def test_a_version_that_a_conversation_does_not_have_is_not_read_R30(site):
    made = await site.group(1, 2)
    for version, words in ((made["version"] + 1, "has versions 1 to"), (0, "")):
        problem = assert_problem(await site.put(path_of(made, "read"), {"version": version}), "invalid-request", 422)
        assert problem["errors"][0]["loc"] == "version"
        assert words in problem["errors"][0]["detail"]


# --- what is not there

BELOW = [
    ("GET", "", {}),
    ("PATCH", "", {"json": {"nonsense": 1}}),
    ("POST", "/messages", {"json": {"nonsense": 1}}),
    ("GET", "/messages?limit=0", {}),
    ("GET", "/participants?nonsense=1", {}),
    ("POST", "/participants/nonsense/opt-out", {}),
    ("POST", "/successor", {"json": {"nonsense": 1}}),
    ("PUT", "/read", {}),
    ("DELETE", "/read", {}),
    ("GET", "/history?limit=0", {}),
]


async def test_an_unknown_conversation_is_404_before_anything_else_is_judged(site):
    mine = await site.group()
    stranger = await site.stranger()
    for id_, caller in (("cnv_unknown", site), (mine["id"], stranger)):
        for method, rest, given in BELOW:
            path = f"/v1/conversations/{id_}{rest}"
            problem = assert_problem(await caller.request(method, path, **given), "not-found", 404)
            assert problem["instance"] == path.partition("?")[0]


async def test_two_workspaces_see_nothing_of_each_other(site):
    mine = await site.group()
    stranger = await site.stranger()
    stranger.position = site.position
    assert ids(await stranger.get("/v1/conversations")) == []
    assert ids(await stranger.get("/v1/conversations", q=number(1))) == []
    assert ids(await site.get("/v1/conversations")) == [mine["id"]]
    assert_problem(await stranger.get(messages_of(mine)), "not-found", 404)
