"""Lists both ways, and single things by the ids that answers name: R27, R28."""

from tests.http.site import assert_problem, locs, messages_of
from tests.http.staff import staffed
from tests.support.builders import number


async def test_the_newest_messages_come_first_and_older_ones_by_cursor_or_by_a_message_R28(site):
    made = await site.group()
    sent = [await site.send(made, f"{n}") for n in range(5)]
    newest = (await site.get(messages_of(made), order="desc", limit=2)).json()
    assert [each["body"] for each in newest["items"]] == ["4", "3"]
    assert newest["prev_cursor"] is None
    older = (await site.get(messages_of(made), order="desc", limit=2, cursor=newest["next_cursor"])).json()
    assert [each["body"] for each in older["items"]] == ["2", "1"]
    back = (await site.get(messages_of(made), order="desc", limit=2, cursor=older["prev_cursor"])).json()
    assert [each["id"] for each in back["items"]] == [each["id"] for each in newest["items"]]
    before = (await site.get(messages_of(made), order="desc", limit=2, before=sent[2]["id"])).json()
    assert [each["body"] for each in before["items"]] == ["1", "0"]
    between = (await site.get(messages_of(made), after=sent[0]["version"], before=sent[3]["id"])).json()
    assert [each["body"] for each in between["items"]] == ["1", "2"]


async def test_a_message_of_another_conversation_is_not_a_place_in_this_one_R28(site):
    made, other = await site.group(1, 2), await site.group(3, 4)
    message = await site.send(other)
    problem = assert_problem(await site.get(messages_of(made), before=message["id"]), "invalid-request", 422)
    assert locs(problem) == ["query.before"]


async def test_the_location_of_a_message_leads_to_it_R28(site):
    made = await site.group()
    response = await site.post(messages_of(made), {"body": "Hello"})
    shown = (await site.get(response.headers["Location"])).json()
    assert (shown["id"], shown["conversation_id"], shown["body"]) == (response.json()["id"], made["id"], "Hello")
    assert_problem(await site.get("/v1/messages/msg_none"), "not-found", 404)
    assert_problem(await (await site.stranger()).get(response.headers["Location"]), "not-found", 404)


async def test_the_inbox_counts_matching_and_unread_conversations_R27_R30(site):
    for n in (1, 3, 5):
        await site.group(n, n + 1)
    await site.writes(1, "Hi", group=[number(2)])
    page = (await site.get("/v1/conversations", participant=number(3), count=True)).json()
    assert (len(page["items"]), page["total"], page["unread"]) == (1, 1, 1)
    assert (await site.get("/v1/conversations")).json()["total"] is None


async def test_the_inbox_begins_with_the_oldest_activity_on_request_R27(site):
    made = [(await site.group(n, n + 1))["id"] for n in (1, 3, 5)]
    first = (await site.get("/v1/conversations", order="asc", limit=2)).json()
    second = (await site.get("/v1/conversations", order="asc", limit=2, cursor=first["next_cursor"])).json()
    back = (await site.get("/v1/conversations", order="asc", limit=2, cursor=second["prev_cursor"])).json()
    assert [each["id"] for page in (first, second) for each in page["items"]] == made
    assert back["items"] == first["items"]
    refused = assert_problem(await site.get("/v1/conversations", order="asc", text="hello"), "invalid-request", 422)
    assert refused["errors"][0]["loc"] == "query.order"


async def test_a_workspace_shows_its_name_and_default_number(site):
    shown = (await site.get("/v1/workspace")).json()
    assert shown == {
        "id": site.world.who.workspace_id,
        "name": shown["name"],
        "created_at": shown["created_at"],
        "default_number": None,
    }
    assert shown["name"]


async def test_conversations_are_found_by_the_words_of_their_messages_R22_R27(site):
    first, second = await site.group(1, 2), await site.group(1, 3)
    await site.send(first, body="The piano lesson is on Monday")
    await site.writes(3, "Monday? D\u2019accord", group=[number(1)])
    found = (await site.get("/v1/conversations", text="MONDAY", count=True)).json()
    assert [each["id"] for each in found["items"]] == [second["id"], first["id"]]
    assert [each["matched"]["author"]["kind"] for each in found["items"]] == ["participant", "user"]
    assert found["total"] == 2
    thread = (await site.get(messages_of(second))).json()["items"]
    assert found["items"][0]["matched"] == thread[0]
    assert [each["id"] for each in (await site.get("/v1/conversations", text="daccord")).json()["items"]] == [second["id"]]
    assert [each["matched"] for each in (await site.get("/v1/conversations")).json()["items"]] == [None, None]
    agent = (await staffed(site))["agent"]
    assert (await agent.get("/v1/conversations", text="monday")).json()["items"] == []
    assert locs(assert_problem(await site.get("/v1/conversations", text="?!"), "invalid-request", 422)) == ["query.text"]
