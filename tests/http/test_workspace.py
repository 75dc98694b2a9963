"""Business numbers and policy over HTTP."""

from tests.http.site import OTHER_BUSINESS, assert_problem, locs, messages_of
from tests.http.staff import staffed
from tests.support.builders import BUSINESS, canadian_number, number

FIRST = {"number": BUSINESS, "label": None, "default": False, "assigned_to": None, "carrier": None}
NUMBERS = "/v1/numbers"


async def test_a_number_is_added_in_any_written_form_R3_R4(site):
    response = await site.post(NUMBERS, {"number": "604 555 0001", "label": "Front desk", "default": True})
    assert response.status_code == 201
    added = {"number": canadian_number(1), "label": "Front desk", "default": True, "assigned_to": None, "carrier": None}
    assert response.json() == added
    assert response.headers["Location"] == f"{NUMBERS}/{canadian_number(1)}"
    assert (await site.get(NUMBERS)).json() == {"items": [added, FIRST], "next_cursor": None, "prev_cursor": None}


async def test_numbers_are_read_in_pages(site):
    await site.post(NUMBERS, {"number": canadian_number(1)})
    page = (await site.get(NUMBERS, limit=1)).json()
    rest = (await site.get(NUMBERS, limit=1, cursor=page["next_cursor"])).json()
    assert [each["number"] for each in (*page["items"], *rest["items"])] == [canadian_number(1), BUSINESS]
    assert rest["next_cursor"] is None


BAD_NUMBERS = ["nonsense", "+18005550199", "+442079460018", "+19005550199"]


async def test_a_number_that_groups_cannot_be_sent_from_is_refused_R4(plain_site):
    for bad in BAD_NUMBERS:
        assert locs(assert_problem(await plain_site.post(NUMBERS, {"number": bad}), "invalid-request", 422)) == ["number"]


async def test_a_number_belongs_to_one_workspace_R4(site):
    stranger = await site.stranger()
    assert_problem(await stranger.post(NUMBERS, {"number": BUSINESS}), "number-taken", 409)
    assert_problem(await site.post(NUMBERS, {"number": BUSINESS}), "number-taken", 409)
    assert_problem(await site.patch(f"{NUMBERS}/{OTHER_BUSINESS}", {"label": "Mine"}), "not-found", 404)


async def test_a_number_is_changed_by_any_written_form_of_it_R21(site):
    user = site.world.who.user.id
    response = await site.patch(f"{NUMBERS}/(628) 555-0100", {"label": "Night", "default": True, "assigned_to": user})
    assert response.status_code == 200
    assert response.json() == FIRST | {"label": "Night", "default": True, "assigned_to": user}
    assert (await site.patch(f"{NUMBERS}/{BUSINESS}", {"label": None})).json()["label"] is None
    assert (await site.patch(f"{NUMBERS}/{BUSINESS}", {"default": False})).json()["default"] is False


async def test_a_number_names_its_carrier_among_those_that_are_configured_R43(site):
    named = await site.patch(f"{NUMBERS}/{BUSINESS}", {"carrier": "simulator"})
    unknown = await site.patch(f"{NUMBERS}/{BUSINESS}", {"carrier": "telnyx"})

    assert named.json() == FIRST | {"carrier": "simulator"}
    assert_problem(unknown, "invalid-request", 422)
    assert (await site.patch(f"{NUMBERS}/{BUSINESS}", {"carrier": None})).json() == FIRST


async def test_an_unknown_number_is_404_before_its_change_is_judged(site):
    assert_problem(await site.patch(f"{NUMBERS}/{canadian_number(1)}", {"nonsense": 1}), "not-found", 404)


async def test_a_user_without_access_to_a_number_neither_sees_it_nor_sends_from_it_R21(site):
    ben = await site.member()
    made = await site.group(1, 2)
    await site.patch(f"{NUMBERS}/{BUSINESS}", {"assigned_to": site.world.who.user.id})
    assert (await ben.get(NUMBERS)).json()["items"] == []
    response = await ben.post(f"/v1/conversations/{made['id']}/messages", {"body": "x"})
    assert assert_problem(response, "number-access-denied", 403)["number"] == BUSINESS


async def test_only_managers_change_numbers_and_policy_R23(site):
    ben = await site.member()
    assert_problem(await ben.post(NUMBERS, {"number": canadian_number(1)}), "not-permitted", 403)
    assert_problem(await ben.patch(f"{NUMBERS}/{BUSINESS}", {"label": "x"}), "not-permitted", 403)
    assert_problem(await ben.put("/v1/policy", {"min_participants": 3}), "not-permitted", 403)
    assert (await ben.get("/v1/policy")).status_code == 200


HEYMARKET = {
    "preset": "heymarket",
    "min_participants": 2,
    "max_participants": 10,
    "allowed_regions": ["US", "CA"],
    "reopen_on_opt_in": False,
    "opt_out_keywords": [],
    "opt_in_keywords": [],
}


async def test_a_policy_is_heymarkets_until_it_is_changed_R1(site):
    assert (await site.get("/v1/policy")).json() == HEYMARKET
    response = await site.put("/v1/policy", {"preset": "highlevel"})
    assert response.json() == HEYMARKET | {"preset": "highlevel", "max_participants": 9}
    assert (await site.get("/v1/policy")).json() == response.json()


async def test_omitted_values_of_a_policy_stay_R1_R17(site):
    await site.put("/v1/policy", {"max_participants": 5})
    changed = (await site.put("/v1/policy", {"reopen_on_opt_in": True})).json()
    assert changed == HEYMARKET | {"max_participants": 5, "reopen_on_opt_in": True}
    preset = (await site.put("/v1/policy", {"preset": "heymarket", "min_participants": 3})).json()
    assert preset == HEYMARKET | {"min_participants": 3}


BAD_POLICIES = [
    {"preset": "other"},
    {"min_participants": 1},
    {"max_participants": 51},
    {"min_participants": 11},
    {"allowed_regions": []},
    {"allowed_regions": ["usa"]},
    {"allowed_regions": ["US", "UK"]},
    {"allowed_regions": ["ZZ"]},
    {"allowed_regions": ["EU"]},
    {"reopen_on_opt_in": "yes"},
    {"min_participants": None},
    {"colour": "red"},
]


async def test_a_policy_that_does_not_fit_is_refused(plain_site):
    for body in BAD_POLICIES:
        assert_problem(await plain_site.put("/v1/policy", body), "invalid-request", 422)
        assert (await plain_site.get("/v1/policy")).json() == HEYMARKET


async def listed(site, **query):
    return [each["number"] for each in (await site.get("/v1/numbers", **query)).json()["items"]]


async def test_a_number_that_was_given_up_is_listed_to_those_who_manage_or_audit_R23_R56(site):
    staff = await staffed(site)
    await site.delete(f"/v1/numbers/{BUSINESS}")
    seen = {role: await listed(staff[role], given_up="true") for role in ("owner", "admin", "auditor", "member")}
    assert seen == {"owner": [BUSINESS], "admin": [BUSINESS], "auditor": [BUSINESS], "member": []}


async def test_a_number_that_was_given_up_sends_nothing_more_and_stays_readable_R56(site):
    made = await site.group(1, 2)
    await site.send(made, "Before")
    path = f"/v1/numbers/{BUSINESS}"
    assert (await site.delete(path)).status_code == 204
    assert_problem(await site.delete(path), "not-found", 404)
    assert BUSINESS not in await listed(site)
    assert await listed(site, given_up="true") == [BUSINESS]

    refused = assert_problem(await site.post(messages_of(made), {"body": "x"}), "number-given-up", 409)
    assert refused["number"] == BUSINESS
    people = [{"number": number(n)} for n in (5, 6)]
    creating = assert_problem(
        await site.post("/v1/conversations", {"from": BUSINESS, "participants": people}), "invalid-group", 422
    )
    assert "was given up" in creating["violations"][0]["detail"]
    await site.writes(1, "Anybody there?")
    assert [each["body"] for each in (await site.get(messages_of(made))).json()["items"]] == ["Before", "Anybody there?"]
    stranger = await site.stranger()
    assert_problem(await stranger.post("/v1/numbers", {"number": BUSINESS}), "number-taken", 409)

    assert await listed(stranger, given_up="true") == []
    assert (await site.post("/v1/numbers", {"number": BUSINESS})).status_code == 201
    assert await listed(site, given_up="true") == []
    await site.send(made, "Back again")
