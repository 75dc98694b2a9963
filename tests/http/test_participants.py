"""The participants pane over HTTP, opting out by hand, and that nothing else is ever written there."""

from groupchat.aggregates.group_events import Created
from groupchat.store.mapper import EventMapper
from tests.http.site import assert_problem, messages_of, path_of
from tests.support.builders import number


async def pane(site, conversation, **params):
    response = await site.get(path_of(conversation, "participants"), **params)
    assert response.status_code == 200, response.text
    return response.json()


async def test_the_pane_shows_each_participant_with_its_contact_R29(site):
    ann = await site.contact(1, "Ann")
    made = await site.group(1, 2)
    absent = {"tags": [], "opted_out_at": None, "opted_in_at": None}
    assert await pane(site, made) == {
        "participants": [
            {"number": number(1), "name": "Ann", "contact_id": ann["id"], **absent},
            {"number": number(2), "name": None, "contact_id": None, **absent},
        ],
        "opted_out": [],
    }


async def test_the_pane_of_a_long_conversation_is_read_without_its_messages_R29(idle_site, monkeypatch):
    made = await idle_site.group(message={"body": "Hi"})
    for n in range(3):
        await idle_site.send(made, str(n))
    decoded, restore = [], EventMapper.restore

    def noted(self, stored, position=0):
        decoded.append(stored.topic)
        return restore(self, stored, position)

    monkeypatch.setattr(EventMapper, "restore", noted)
    own = {"Authorization": f"Bearer {idle_site.key}"}  # without a position to wait for: no worker runs
    shown = await idle_site.client.get(path_of(made, "participants"), headers=own)

    assert len(shown.json()["participants"]) == 2
    assert decoded == [Created.TOPIC]


async def test_the_pane_is_searched_by_name_or_number_R29(site):
    await site.contact(1, "Ann")
    made = await site.group(1, 2)
    for q, found in (("ANN", [number(1)]), ("(415) 555-0002", [number(2)]), ("zoe", [])):
        assert [each["number"] for each in (await pane(site, made, q=q))["participants"]] == found


async def test_tags_come_and_go_with_their_cause_R8_R9(site):
    ann, bob = await site.contact(1, "Ann"), await site.contact(2, "Bob")
    made = await site.group(1, 2)
    await site.patch(f"/v1/contacts/{ann['id']}", {"number": number(9)})
    assert [each["tags"] for each in (await pane(site, made))["participants"]] == [["updated"], []]
    await site.patch(f"/v1/contacts/{ann['id']}", {"secondary_numbers": [number(1)]})
    await site.delete(f"/v1/contacts/{bob['id']}")
    shown = (await pane(site, made))["participants"]
    assert [each["tags"] for each in shown] == [[], ["deleted"]]
    assert [each["number"] for each in shown] == [number(1), number(2)]
    assert [each["number"] for each in (await site.send(made))["recipients"]] == [number(1), number(2)]


async def test_a_user_opts_a_participant_out_R14_R15_R19(site):
    made, other = await site.group(1, 2), await site.group(1, 3)
    response = await site.post(path_of(made, "participants", "(415) 555-0001", "opt-out"))
    assert response.status_code == 200
    blocked = response.json()
    assert (blocked["blocked"], blocked["blocked_by"], blocked["version"]) == (True, [number(1)], 2)
    assert (await site.get(path_of(made))).json() == blocked
    for each in (made, other):
        assert_problem(await site.post(messages_of(each), {"body": "x"}), "conversation-blocked", 409)
    shown = await pane(site, made)
    assert [each["number"] for each in shown["participants"]] == [number(2)]
    assert [each["number"] for each in shown["opted_out"]] == [number(1)]
    assert shown["opted_out"][0]["opted_out_at"].endswith("Z")


async def test_opting_out_twice_changes_nothing_R14(site):
    made = await site.group(1, 2)
    path = path_of(made, "participants", number(1), "opt-out")
    assert (await site.post(path)).json() == (await site.post(path)).json()


async def test_a_number_may_be_written_with_slashes_in_the_path_R3(site):
    made = await site.group(1, 2)
    response = await site.post(path_of(made, "participants", "415/555-0001", "opt-out"))
    assert response.json()["blocked_by"] == [number(1)]


async def test_a_stranger_cannot_be_opted_out_R14(site):
    made = await site.group(1, 2)
    assert_problem(await site.post(path_of(made, "participants", number(3), "opt-out")), "not-found", 404)


async def test_participants_are_frozen_R7(site):
    made = await site.group(1, 2)
    before = await pane(site, made)
    for rest, allow in (("", "GET, HEAD"), ("/+14155550001", ""), ("/anything/else", ""), ("/", "")):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            response = await site.request(method, path_of(made, "participants") + rest, json={"number": number(3)})
            assert_problem(response, "participants-frozen", 405)
            assert response.headers["Allow"] == allow
    assert await pane(site, made) == before


async def test_an_opt_out_is_recorded_and_taken_back_and_nothing_else_R7_R39(site):
    made = await site.group(1, 2)
    for method in ("PUT", "PATCH"):
        response = await site.request(method, path_of(made, "participants", number(1), "opt-out"))
        assert_problem(response, "participants-frozen", 405)
        assert response.headers["Allow"] == "DELETE, POST"


async def test_an_unknown_read_is_not_found(plain_site):
    made = await plain_site.group(1, 2)
    assert_problem(await plain_site.get(path_of(made, "participants", number(1))), "not-found", 404)
    assert_problem(await plain_site.get(path_of(made, "participants", number(1), "opt-out")), "method-not-allowed", 405)
