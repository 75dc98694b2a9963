"""The simulated carrier over HTTP: handsets that write and receive, and switches."""

import asyncio
from functools import partial

import pytest
from msgspec.structs import replace

from groupchat.http.routes.carrier_webhooks import path_of as webhook_of
from groupchat.http.routes.carrier_webhooks import posting
from groupchat.processes.delivery import DeliveryProcess
from groupchat.workers import REQUIRED
from tests.http.site import OTHER_BUSINESS, assert_problem, client_of, locs, messages_of, open_site, path_of
from tests.store.counting import until
from tests.support.builders import BUSINESS, number


async def handset(site, n):
    response = await site.get(f"/v1/simulator/handsets/{number(n)}")
    assert response.status_code == 200, response.text
    return response.json()["items"]


async def test_a_message_reaches_the_handsets_with_the_others_of_the_group_R10_R12(site):
    made = await site.group(1, 2)
    await site.send(made, "Hello")
    received = await handset(site, 1)
    assert received == [{"from": BUSINESS, "group": [number(2)], "body": "Hello", "media": [], "at": received[0]["at"]}]


async def test_a_participants_message_is_recorded_and_reaches_the_others_R11_R12(site):
    made = await site.group(1, 2)
    response = await site.writes(1, "I'm in")
    assert response.status_code == 202
    assert response.json()["conversation_id"] == made["id"]
    assert int(response.headers["Groupchat-Position"]) == await asyncio.to_thread(site.store.log.head)
    shown = (await site.get(messages_of(made))).json()["items"]
    assert [(each["id"], each["body"]) for each in shown] == [(response.json()["message_id"], "I'm in")]
    assert [(each["from"], each["body"]) for each in await handset(site, 2)] == [(number(1), "I'm in")]
    assert await handset(site, 1) == []


async def test_a_message_from_an_unknown_area_code_is_accepted_R48(site):
    body = {"from": BUSINESS, "participants": [{"number": "(861) 555-0123"}, {"number": number(2)}]}
    made = await site.post("/v1/conversations", body)
    assert made.status_code == 201, made.text
    written = {"from": "+18615550123", "to": BUSINESS, "body": "I'm in"}
    response = await site.post("/v1/simulator/inbound", written)
    assert (response.status_code, response.json()["conversation_id"]) == (202, made.json()["id"])
    stop = await site.post("/v1/simulator/inbound", {**written, "body": "opt\u2011out"})
    assert stop.status_code == 202
    assert (await site.get(path_of(made.json()))).json()["blocked_by"] == ["+18615550123"]


@pytest.mark.parametrize("body", ["x" * 5_000, "\u0436" * 5_000, "\n", " ", "\u200b"])
async def test_an_inbound_text_is_stored_at_any_length_even_if_it_shows_nothing_R47(plain_site, body):
    made = await plain_site.group(1, 2)
    assert (await plain_site.writes(1, body)).status_code == 202
    assert [each["body"] for each in (await plain_site.get(messages_of(made))).json()["items"]] == [body]


async def test_an_empty_body_with_inbound_media_means_no_body_R47(site):
    made = await site.group(1, 2)
    picture = {"url": "https://media.example/cat.png", "content_type": "image/png"}
    assert (await site.writes(1, "", media=[picture])).status_code == 202
    assert (await site.writes(1, "Hi", media=None)).status_code == 202
    shown = (await site.get(messages_of(made))).json()["items"]
    assert [(each["body"], len(each["media"])) for each in shown] == [(None, 1), ("Hi", 0)]


OF_FILES = ("groupchat.workspace.media_stored", "groupchat.media.attached", "groupchat.media.missing")


async def test_what_a_handset_sends_is_fetched_and_then_shown_R46(store):
    async with open_site(store, workers=("thread", "simulator", "media_fetching")) as site:
        made = await site.group(1, 2)
        urls = ["https://media.simulator.invalid/cat.png", "https://media.example/cat.png"]
        sent = [{"url": url, "content_type": "image/png"} for url in urls]
        assert (await site.writes(1, "Look", media=sent)).status_code == 202

        await until(lambda: [each.type for each in site.store.log.each() if each.type in OF_FILES] == list(OF_FILES))
        site.position = await asyncio.to_thread(site.store.log.head)
        (shown,) = (await site.get(messages_of(made))).json()["items"]
        assert [each["state"] for each in shown["media"]] == ["there", "missing"]


async def test_a_message_without_text_and_media_is_kept_R44(site):
    made = await site.group(1, 2)
    assert (await site.writes(1, "", media=None)).status_code == 202
    (shown,) = (await site.get(messages_of(made))).json()["items"]
    assert (shown["body"], shown["media"]) == (None, [])


async def test_naming_the_group_distinguishes_several_conversations_of_a_sender_R35(site):
    first, second = await site.group(1, 2), await site.group(1, 3)
    assert (await site.writes(1, "x")).json()["conversation_id"] == second["id"]
    there = await site.writes(1, "x", group=["(415) 555-0002"])
    assert there.json()["conversation_id"] == first["id"]


async def test_a_keyword_blocks_every_conversation_before_it_is_answered_R14_R15_R16(site):
    made = [await site.group(1, n) for n in (2, 3)]
    await site.writes(1, " stop! ")
    for each in made:
        assert (await site.get(path_of(each))).json()["blocked_by"] == [number(1)]


async def test_a_reaction_is_shown_at_its_message_and_is_not_unread_R42(site):
    made = await site.group(1, 2)
    await site.send(made, "See you at 7")
    await site.writes(1, "Loved \u201cSee you at 7\u201d")
    (shown,) = (await site.get(messages_of(made))).json()["items"]
    assert [(each["emoji"], each["number"]) for each in shown["reactions"]] == [("\u2764\ufe0f", number(1))]
    conversation = (await site.get(path_of(made))).json()
    assert (conversation["unread_count"], conversation["last_message"]["body"]) == (0, "See you at 7")


async def test_a_keyword_counts_from_anybody_R15(site):
    response = await site.writes(7, "STOP")
    begun = await site.get(f"/v1/conversations/{response.json()['conversation_id']}")
    assert (response.status_code, begun.json()["kind"], begun.json()["blocked_by"]) == (202, "direct", [number(7)])
    body = {"from": BUSINESS, "participants": [{"number": number(7)}, {"number": number(8)}]}
    problem = assert_problem(await site.post("/v1/conversations", body), "invalid-group", 422)
    assert [each["code"] for each in problem["violations"]] == ["opted-out"]


async def test_a_message_from_outside_all_groups_is_rejected_unless_it_is_a_keyword(site):
    assert_problem(await site.writes(7, "Hello"), "not-found", 404)
    assert_problem(await site.writes(7, "STOP", to=OTHER_BUSINESS), "not-found", 404)


async def test_a_handset_writes_only_to_its_callers_workspace(site):
    await site.stranger()
    assert_problem(await site.writes(1, "STOP", to=OTHER_BUSINESS), "not-found", 404)


BAD_WRITES = [
    ({"from": "x"}, "from"),
    ({"to": "x"}, "to"),
    ({"group": ["x"]}, "group.0"),
    ({"x": 1}, "x"),
]


async def test_an_impossible_message_of_a_handset_is_rejected_with_its_place(plain_site):
    await plain_site.group(1, 2)
    message = {"from": number(1), "to": BUSINESS, "body": "Hi"}
    for change, loc in BAD_WRITES:
        assert locs(assert_problem(await plain_site.post("/v1/simulator/inbound", message | change), "invalid-request", 422)) == [
            loc
        ]


async def test_a_number_behaves_as_configured(site):
    path = f"/v1/simulator/behaviors/{number(2)}"
    expected = {"behavior": "fail", "seconds": None, "code": "30003"}
    response = await site.put(path, {"behavior": "fail", "code": "30003"})
    assert (response.status_code, response.json()) == (200, expected)
    made = await site.group(1, 2)
    await site.send(made, "x")
    assert (len(await handset(site, 1)), len(await handset(site, 2))) == (1, 0)
    assert (await site.put(path, {"behavior": None})).json() == {"behavior": None, "seconds": None, "code": None}
    await site.send(made, "y")
    assert [each["body"] for each in await handset(site, 2)] == ["y"]


BAD_BEHAVIORS = [{}, {"behavior": "dance"}, {"behavior": "late", "seconds": -1}, {"behavior": "fail", "code": ""}]


async def test_an_unknown_behavior_is_refused(plain_site):
    for body in BAD_BEHAVIORS:
        assert_problem(await plain_site.put(f"/v1/simulator/behaviors/{number(2)}", body), "invalid-request", 422)


async def test_a_handset_of_no_number_is_refused(plain_site):
    assert locs(assert_problem(await plain_site.get("/v1/simulator/handsets/nonsense"), "invalid-request", 422)) == ["number"]


async def test_the_simulators_routes_are_there_only_with_the_simulator(plain_site):
    async with client_of(replace(plain_site.services, simulator=None, carrier_webhooks={})) as client:
        response = await client.get(f"/v1/simulator/handsets/{number(1)}")
        assert_problem(response, "not-found", 404)
        assert not [path for path in (await client.get("/openapi.json")).json()["paths"] if "simulator" in path]


# --- what the carrier posts


async def post_to(site, posted):
    answer = await site.client.post(webhook_of("simulator"), content=posted.body, headers=dict(posted.headers))
    site.position = site.store.log.head()
    return answer.status_code


async def test_receipts_arrive_as_signed_posts_R45_R28(store):
    async with open_site(store, workers=REQUIRED) as site:
        made = await site.group(1, 2)
        await site.send(made)
        assert await site.services.progress.wait_for([DeliveryProcess.name], site.store.log.head(), 20)
        simulator = site.services.simulator

        assert await simulator.deliver_due(partial(post_to, site)) == 2
        (message,) = (await site.get(messages_of(made))).json()["items"]
        assert [each["status"] for each in message["recipients"]] == ["delivered", "delivered"]


async def test_posts_from_within_the_process_are_judged_and_counted_as_others_R45(plain_site):
    await plain_site.group(1, 2)
    simulator = plain_site.services.simulator
    true = await simulator.posted(await simulator.write(number(1), BUSINESS, [number(2)], "Hi"))
    post = posting(plain_site.services, simulator.name)

    assert [await post(true), await post(replace(true, headers={})), await post(replace(true, body=true.body + b" "))] == [
        204,
        401,
        401,
    ]
    metrics = (await plain_site.client.get("/metrics")).text
    for outcome, times in (("stored", 1), ("forged", 2)):
        assert f'groupchat_carrier_webhooks_total{{carrier="simulator",outcome="{outcome}"}} {times}.0' in metrics


async def test_a_text_whose_webhook_comes_twice_is_stored_once_R11_R45(plain_site):
    made = await plain_site.group(1, 2)
    await plain_site.services.simulator.behave(number(1), "duplicate")

    assert (await plain_site.writes(1, "I'm in")).status_code == 202
    plain_site.position = plain_site.store.log.head()
    assert [each["body"] for each in (await plain_site.get(messages_of(made))).json()["items"]] == ["I'm in"]
    metrics = (await plain_site.client.get("/metrics")).text
    assert 'groupchat_carrier_webhooks_total{carrier="simulator",outcome="stored"} 1.0' in metrics
