"""The policy over HTTP: presets, single values that override them, and the values that a group keeps (R1, R4, R17)."""

from tests.http.site import Site, assert_problem, messages_of, path_of
from tests.support.builders import BUSINESS, number

POLICY = {
    "preset": "heymarket",
    "min_participants": 2,
    "max_participants": 10,
    "allowed_regions": ["US", "CA"],
    "reopen_on_opt_in": False,
}
HEYMARKET = POLICY | {"opt_out_keywords": [], "opt_in_keywords": []}
HIGHLEVEL = HEYMARKET | {"preset": "highlevel", "max_participants": 9}

REOPENING = HIGHLEVEL | {"reopen_on_opt_in": True}
SIZES = {"max_participants": 7, "min_participants": 3}
CHANGES = [
    ({"preset": "highlevel"}, HIGHLEVEL),
    ({"reopen_on_opt_in": True}, REOPENING),
    (SIZES, REOPENING | SIZES),
    ({"preset": "highlevel", "max_participants": 8}, HIGHLEVEL | {"max_participants": 8}),
    ({}, HIGHLEVEL | {"max_participants": 8}),
    ({"preset": "heymarket", "allowed_regions": ["CA"]}, HEYMARKET | {"allowed_regions": ["CA"]}),
    ({"preset": "heymarket"}, HEYMARKET),
]


async def test_a_value_overrides_the_preset_given_with_it_and_omitted_values_stay_R1_R4_R17(plain_site):
    for change, expected in CHANGES:
        response = await plain_site.put("/v1/policy", change)
        assert (response.status_code, response.json()) == (200, expected), change
        assert (await plain_site.get("/v1/policy")).json() == expected


async def created_with(site: Site, count: int, first: int) -> int:
    participants = [{"number": number(first + n)} for n in range(count)]
    return (await site.post("/v1/conversations", {"from": BUSINESS, "participants": participants})).status_code


async def test_the_presets_bound_a_group_by_ten_and_nine_R1(plain_site):
    assert await created_with(plain_site, 10, 100) == 201
    await plain_site.put("/v1/policy", {"preset": "highlevel"})
    assert [await created_with(plain_site, count, 200) for count in (10, 9)] == [422, 201]
    await plain_site.put("/v1/policy", {"max_participants": 12})
    assert await created_with(plain_site, 12, 300) == 201


async def test_a_group_keeps_the_policy_that_it_was_created_under_and_its_history_says_so_R17(site):
    kept = []
    for n, reopens in enumerate((False, True)):
        await site.put("/v1/policy", {"reopen_on_opt_in": reopens})
        kept.append(await site.group(10 * n + 1, 10 * n + 2))
    for n, (made, reopens) in enumerate(zip(kept, (False, True), strict=True)):
        await site.put("/v1/policy", {"reopen_on_opt_in": not reopens})
        created = (await site.get(path_of(made, "history"))).json()["items"][0]
        assert created["data"]["policy"] == POLICY | {"reopen_on_opt_in": reopens}
        await site.writes(10 * n + 1, "STOP")
        assert_problem(await site.post(messages_of(made), {"body": "x"}), "conversation-blocked", 409)
        await site.writes(10 * n + 1, "START")
        response = await site.post(messages_of(made), {"body": "x"})
        assert response.status_code == (201 if reopens else 409)
        types = [each["type"] for each in (await site.get(path_of(made, "history"))).json()["items"]]
        assert ("groupchat.conversation.unblocked" in types) == reopens


async def test_a_workspace_adds_keywords_of_its_own_R38(site):
    made = await site.group()
    added = await site.put("/v1/policy", {"opt_out_keywords": ["genug"], "opt_in_keywords": ["weiter"]})
    shown = HEYMARKET | {"opt_out_keywords": ["genug"], "opt_in_keywords": ["weiter"]}
    assert (added.status_code, added.json()) == (200, shown)
    assert (await site.get("/v1/policy")).json() == shown
    assert (await site.put("/v1/policy", {"preset": "heymarket"})).json() == shown
    await site.writes(1, "GENUG.")
    assert (await site.get(path_of(made))).json()["blocked_by"] == [number(1)]


async def test_a_keyword_that_could_not_be_recognized_is_refused_R38(site):
    for words, loc in (
        ({"opt_out_keywords": ["ok", "\U0001f6d1"]}, "opt_out_keywords.1"),
        ({"opt_in_keywords": ["STOP"]}, "opt_in_keywords.0"),
    ):
        refusal = assert_problem(await site.put("/v1/policy", words), "invalid-request", 422)
        assert [each["loc"] for each in refusal["errors"]] == [loc]
    assert (await site.get("/v1/policy")).json() == HEYMARKET
