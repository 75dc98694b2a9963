"""Do-not-disturb of a number over HTTP: listing it, lifting it, and taking back an opt-out that was a mistake (R36, R37, R39)."""

import pytest

from tests.http.site import assert_problem, locs, messages_of, path_of
from tests.support.builders import BUSINESS, number

REASON = {"reason": "The number has another owner now"}


async def dnd(site, contact, *, on=True):
    response = await site.patch(f"/v1/contacts/{contact['id']}", {"dnd": on})
    assert response.status_code == 200, response.text


def lift(site, n, body=REASON):
    return site.request("DELETE", f"/v1/do-not-disturb/{number(n)}", json=body)


def undo(site, conversation, n, body=REASON):
    return site.request("DELETE", path_of(conversation, "participants", number(n), "opt-out"), json=body)


async def test_dnd_that_a_deleted_contact_left_is_listed_and_lifted_R36(site):
    made = await site.group(1, 2)
    bob = await site.contact(1, "Bob")
    await dnd(site, bob)
    (item,) = (await site.get("/v1/do-not-disturb", number="(415) 555-0001")).json()["items"]
    assert (item["number"], item["contact_id"], item["left_behind"]) == (number(1), bob["id"], False)
    held = assert_problem(await lift(site, 1), "do-not-disturb-on", 409)
    assert held["contact_ids"] == [bob["id"]]

    await site.delete(f"/v1/contacts/{bob['id']}")
    assert_problem(await site.post(messages_of(made), {"body": "x"}), "conversation-blocked", 409)
    assert (await site.get("/v1/do-not-disturb")).json()["items"] == [item | {"left_behind": True}]
    assert (await lift(site, 1)).status_code == 204
    assert (await site.get("/v1/do-not-disturb")).json()["items"] == []
    assert (await site.group(1, 2))["blocked"] is False
    assert_problem(await lift(site, 1), "not-found", 404)


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": " "}, {"reason": "x" * 501}])
async def test_do_not_disturb_is_lifted_only_with_a_reason_R36(site, body):
    assert locs(assert_problem(await lift(site, 1, body), "invalid-request", 422)) == ["reason"]


async def test_a_refused_group_says_which_number_has_dnd_R5_R36(site):
    await site.contact(1, "Bob")
    younger = await site.contact(1, "Bobby")
    await dnd(site, younger)
    body = {"from": BUSINESS, "participants": [{"number": number(1)}, {"number": number(2)}]}
    refused = assert_problem(await site.post("/v1/conversations", body), "invalid-group", 422)
    assert [(each["rule"], each["code"], each["number"]) for each in refused["violations"]] == [("R5", "contact-dnd", number(1))]


async def test_a_participant_is_linked_to_a_contact_that_comes_later_in_every_view_R37(site):
    made = await site.group(1, 2)
    bob = await site.contact(1, "Bob")
    shown = (await site.get(path_of(made, "participants"))).json()["participants"]
    assert [(each["name"], each["contact_id"]) for each in shown] == [("Bob", bob["id"]), (None, None)]
    assert (await site.get(path_of(made))).json()["display_name"] == f"Bob, {number(2)}"
    assert [each["id"] for each in (await site.get("/v1/conversations", q="bob")).json()["items"]] == [made["id"]]
    before, now = [(await site.get(path_of(made, "history/state"), version=n)).json() for n in (1, 2)]
    assert [state["participants"]["participants"][0]["contact_id"] for state in (before, now)] == [None, bob["id"]]
    linked = (await site.get(path_of(made, "history"))).json()["items"][1]
    assert (linked["type"], linked["data"]["name"]) == ("groupchat.conversation.contact_linked", "Bob")


async def test_a_mistaken_opt_out_is_taken_back_and_its_block_ends_R39(site):
    made, other = await site.group(1, 2), await site.group(1, 3)
    await site.post(path_of(made, "participants", number(1), "opt-out"))
    response = await undo(site, made, 1)

    assert response.status_code == 200
    assert (response.json()["blocked"], response.json()["blocked_by"]) == (False, [])
    assert (await site.get(path_of(made))).json() == response.json()
    await site.send(made)
    await site.send(other)
    taken_back = (await site.get(path_of(made, "history"))).json()["items"][2]
    assert (taken_back["type"], taken_back["data"]["reason"]) == ("groupchat.conversation.opt_out_taken_back", REASON["reason"])


async def test_a_persons_own_opt_out_is_theirs_R39(site):
    made = await site.group(1, 2, 3)
    await site.post(path_of(made, "participants", number(1), "opt-out"))
    await site.writes(1, "STOP")
    assert assert_problem(await undo(site, made, 1), "opt-out-is-theirs", 409)["number"] == number(1)
    await dnd(site, await site.contact(2, "Bob"))
    assert_problem(await undo(site, made, 2), "opt-out-is-theirs", 409)
    assert (await site.get(path_of(made))).json()["blocked_by"] == [number(1), number(2)]
    unchanged = await undo(site, made, 3)  # nobody recorded anything
    assert unchanged.status_code == 200


async def test_only_a_participants_opt_out_is_taken_back_with_a_reason_R39(site):
    made = await site.group(1, 2)
    assert_problem(await undo(site, made, 9), "not-found", 404)
    assert locs(assert_problem(await undo(site, made, 1, {}), "invalid-request", 422)) == ["reason"]
