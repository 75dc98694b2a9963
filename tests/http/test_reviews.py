"""Reviews over HTTP: the list, and settling (R40)."""

from tests.http.site import assert_problem, path_of
from tests.support.builders import number

PLEASE = "Please take me off this list."


async def test_open_reviews_are_listed_with_their_message_and_conversation_oldest_first_R40(site):
    made = await site.group(1, 2)
    ids = [(await site.writes(n, PLEASE)).json()["message_id"] for n in (1, 2)]
    await site.writes(1, "See you at 7")

    page = (await site.get("/v1/reviews?status=open")).json()
    assert [(each["id"], each["message"]["body"], each["conversation"]["id"]) for each in page["items"]] == [
        (id_, PLEASE, made["id"]) for id_ in ids
    ]
    assert page["items"][0]["due_at"] > page["items"][0]["opened_at"]
    first = (await site.get("/v1/reviews?limit=1")).json()
    assert [each["id"] for each in first["items"]] == ids[:1]
    second = (await site.get(f"/v1/reviews?limit=1&cursor={first['next_cursor']}")).json()
    assert [each["id"] for each in second["items"]] == ids[1:]


async def test_a_review_is_settled_with_who_and_when_R40(site):
    made = await site.group(1, 2)
    id_ = (await site.writes(1, PLEASE)).json()["message_id"]
    settled = await site.post(f"/v1/reviews/{id_}", {"opt_out": True, "note": "Clear enough"})

    assert settled.status_code == 200, settled.text
    settlement = settled.json()["settlement"]
    assert (settlement["opt_out"], settlement["note"], settlement["by"]["id"]) == (True, "Clear enough", site.world.who.user.id)
    assert (await site.get("/v1/reviews?status=open")).json()["items"] == []
    (shown,) = (await site.get("/v1/reviews?status=settled")).json()["items"]
    assert shown["settlement"] == settlement
    assert (await site.get(path_of(made))).json()["blocked_by"] == [number(1)]
    assert assert_problem(await site.post(f"/v1/reviews/{id_}", {"opt_out": False}), "review-settled", 409)["opt_out"] is True


async def test_a_body_that_is_not_a_judgment_is_refused(site):
    await site.group(1, 2)
    id_ = (await site.writes(1, PLEASE)).json()["message_id"]
    for body in ({}, {"opt_out": "yes"}, {"opt_out": True, "note": " "}):
        assert_problem(await site.post(f"/v1/reviews/{id_}", body), "invalid-request", 422)
    assert_problem(await site.get("/v1/reviews?status=late"), "invalid-request", 422)
