"""Messages over HTTP: sending, the thread, and text that is kept unchanged."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groupchat.processes.delivery import DeliveryProcess
from groupchat.values import names
from tests.http.site import assert_problem, locs, messages_of, path_of
from tests.support.builders import TRICKY, number, texts

PICTURE = {"url": "https://media.example/cat.png", "content_type": "image/png"}
ELSEWHERE = PICTURE | dict.fromkeys(("media_id", "size", "state", "reason"))


async def test_a_message_goes_to_every_participant_R10(site):
    made = await site.group(1, 2)
    response = await site.post(messages_of(made), {"body": "Hello", "media": [PICTURE]})
    assert response.status_code == 201
    sent = response.json()
    assert sent == {
        "id": sent["id"],
        "conversation_id": made["id"],
        "direction": "outbound",
        "author": {"kind": "user", "id": site.world.who.user.id, "name": site.world.who.user.name, "number": None},
        "body": "Hello",
        "media": [ELSEWHERE],
        "at": sent["at"],
        "version": 2,
        "recipients": [{"number": number(n), "status": "queued", "code": None, "reason": None, "parts": []} for n in (1, 2)],
        "reactions": [],
    }
    assert int(response.headers["Groupchat-Position"]) >= 1
    shown = (await site.get(messages_of(made))).json()["items"]
    assert [{**each, "recipients": sent["recipients"]} for each in shown] == [sent]


LOUD = {"url": "HTTPS://user@media.example:8443/a%20b;c?d=/?#e", "content_type": "image/png"}
TYPED = {"url": "https://media.example/card", "content_type": 'text/vcard; charset="utf-8"'}
GOOD_MESSAGES = [{"body": "Hello"}, {"media": [PICTURE]}, {"body": None, "media": [PICTURE]}, {"media": [LOUD]}, {"media": [TYPED]}]


async def test_a_message_has_a_body_or_media_or_both_R10(site):
    made = await site.group()
    for body in GOOD_MESSAGES:
        assert (await site.post(messages_of(made), body)).status_code == 201


BAD_MESSAGES = [
    ({}, "body"),
    ({"body": None}, "body"),
    ({"body": ""}, "body"),
    ({"body": "x" * 1_601}, "body"),
    ({"body": "a\0b"}, "body"),
    ({"body": 5}, "body"),
    ({"body": "x", "to": "y"}, "to"),
    ({"body": "x", "media": [PICTURE] * 11}, "media"),
    ({"media": [{"url": "https://x.example/y"}]}, "media.0"),
    ({"media": None}, "body"),
    ({"body": "", "media": []}, "body"),
    ({"media": [PICTURE, {"url": "cat.png", "content_type": "image/png"}]}, "media.1.url"),
    ({"media": [PICTURE, {"url": "https:///cat.png", "content_type": "image/png"}]}, "media.1.url"),
    ({"media": [{"url": "https://[::x]/cat.png", "content_type": "image/png"}]}, "media.0.url"),
    ({"media": [{"url": "https://x.example:70000/cat.png", "content_type": "image/png"}]}, "media.0.url"),
    ({"media": [{"url": "https://x.example/a b", "content_type": "image/png"}]}, "media.0.url"),
    *(
        ({"media": [PICTURE | {"content_type": each}]}, "media.0.content_type")
        for each in ("png", "image/", "image/png/x", "image/p\u0007g", "image/p\u00ebg", "image/png; q=\u0085")
    ),
    ({"media": "cat.png"}, "media"),
    ([], "body"),
    ("Hello", "body"),
]


async def test_a_message_that_does_not_fit_is_refused_with_its_place_and_nothing_is_stored_R10(plain_site):
    made = await plain_site.group()
    for body, loc in BAD_MESSAGES:
        problem = assert_problem(await plain_site.post(messages_of(made), body), "invalid-request", 422)
        assert locs(problem) == [loc]
        history = (await plain_site.get(path_of(made, "history"))).json()["items"]
        assert [each["version"] for each in history] == [1]


@pytest.mark.parametrize("longest", ["x" * 1_600, "é" * 1_600, "€" * 800, "ж" * 1_600, "\U0001f469" * 800])
async def test_a_body_is_counted_as_carriers_count_it_R47(plain_site, longest):
    made = await plain_site.group()
    assert (await plain_site.send(made, longest))["body"] == longest
    problem = assert_problem(await plain_site.post(messages_of(made), {"body": longest + "!"}), "invalid-request", 422)
    assert locs(problem) == ["body"]


@pytest.mark.parametrize(
    "blank", [" ", "\n", "\r\n\t", "\u00a0\u3000", "\u200b", "\u2060\ufeff", "\u3164", "\u2800", "\u202a\u202c"]
)
async def test_a_message_that_shows_nothing_is_refused_R47(plain_site, blank):
    made = await plain_site.group()
    problem = assert_problem(await plain_site.post(messages_of(made), {"body": blank}), "invalid-request", 422)
    assert locs(problem) == ["body"]
    assert "visible" in problem["errors"][0]["detail"]


async def test_an_empty_body_with_media_means_no_body_and_null_media_mean_no_media_R47(site):
    made = await site.group()
    sent = await site.post(messages_of(made), {"body": "", "media": [PICTURE]})
    assert (sent.status_code, sent.json()["body"]) == (201, None)
    sent = await site.post(messages_of(made), {"body": "Hi", "media": None})
    assert (sent.status_code, sent.json()["media"]) == (201, [])


async def test_a_blocked_group_refuses_and_says_how_to_continue_R15(site):
    made = await site.group(1, 2, 3)
    await site.writes(2, "Stop!")
    problem = assert_problem(await site.post(messages_of(made), {"body": "x"}), "conversation-blocked", 409)
    assert problem["opted_out"] == [number(2)]
    assert problem["successor_url"] == path_of(made, "successor")
    assert (await site.post(problem["successor_url"], {})).status_code == 201


async def test_the_thread_has_messages_oldest_first_with_their_authors_R11_R28(site):
    await site.contact(1, "Ann")
    made = await site.group(1, 2)
    await site.send(made, "Out")
    await site.writes(1, "In", group=[number(2)])
    await site.writes(2, "Also in", group=[number(1)])
    items = (await site.get(messages_of(made))).json()["items"]
    assert [(each["direction"], each["body"], each["author"]["name"]) for each in items] == [
        ("outbound", "Out", site.world.who.user.name),
        ("inbound", "In", "Ann"),
        ("inbound", "Also in", number(2)),
    ]
    assert items[1]["author"] == {"kind": "participant", "id": number(1), "name": "Ann", "number": number(1)}
    assert [each["version"] for each in items] == [2, 3, 4]


async def test_the_thread_is_read_in_pages_R28(site):
    made = await site.group()
    for n in range(5):
        await site.send(made, f"Message {n}")
    seen, cursor = [], None
    while True:
        page = (await site.get(messages_of(made), limit=2, **({"cursor": cursor} if cursor else {}))).json()
        seen += [each["body"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"Message {n}" for n in range(5)]


async def test_statuses_of_recipients_come_to_the_thread_with_why_one_failed_R28_R49(site):
    made = await site.group(1, 2)
    await site.put(f"/v1/simulator/behaviors/{number(2)}", {"behavior": "fail", "code": "30003"})
    await site.send(made)
    expected = {number(1): "delivered", number(2): "failed"}
    async with asyncio.timeout(20):
        with site.store.signals.progress.listen() as bell:
            while statuses(await site.get(messages_of(made))) != expected:
                bell.clear()
                await asyncio.wait({asyncio.ensure_future(bell.wait())}, timeout=0.2)
    why = {"code": "30003", "reason": "The phone could not be reached: it is off, out of coverage, or blocks the sender."}
    failed = {"number": number(2), "status": "failed"} | why | {"parts": []}
    assert (await site.get(messages_of(made))).json()["items"][0]["recipients"][1] == failed  # R49
    as_of = (await site.get(path_of(made, "history/state"))).json()
    assert as_of["messages"][0]["recipients"][1] == failed  # R32


def statuses(response):
    return {each["number"]: each["status"] for each in response.json()["items"][0]["recipients"]}


# --- text


async def test_text_is_kept_to_the_last_code_point(site):
    for n, text in enumerate(TRICKY):
        name = None if names.fault(text) else text
        made = await site.group(1, 10 + n, name=name)
        assert made["name"] == name
        assert (await site.send(made, text))["body"] == text
        assert (await site.get(path_of(made))).json()["last_message"]["body"] == text
        assert (await site.get(messages_of(made))).json()["items"][0]["body"] == text
        data = (await site.get(path_of(made, "history"))).json()["items"][1]["data"]
        assert data["body"] == text


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies=st.lists(texts(100), min_size=1, max_size=20))
async def test_any_text_that_can_be_stored_comes_back_unchanged(site, bodies):
    people = site.position + 10, site.position + 11
    made = await site.group(*people)
    sent = [(await site.send(made, body))["body"] for body in bodies]
    thread = (await site.get(messages_of(made), limit=200)).json()["items"]
    assert [each["body"] for each in thread] == sent == bodies


UNSTORABLE = [
    b'{"body": "\\ud800"}',
    b'{"body": "a\\udc00b"}',
    b'{"body": "\xed\xa0\x80"}',
    b'{"body": "\\u0000"}',
    b'{"body": "\x00"}',
    b'{"body": "\xff"}',
]


async def test_text_that_no_database_stores_is_refused_not_mangled(site):
    made = await site.group()
    for raw in UNSTORABLE:
        response = await site.request("POST", messages_of(made), content=raw, headers={"Content-Type": "application/json"})
        assert locs(assert_problem(response, "invalid-request", 422)) == ["body"]


async def test_an_owner_settles_an_outcome_that_the_carrier_does_not_know_R28(site):
    made = await site.group(1, 2)
    for n in (1, 2):
        await site.put(f"/v1/simulator/behaviors/{number(n)}", {"behavior": "unconfirmed"})
    sent = await site.send(made)
    assert await site.services.progress.wait_for([DeliveryProcess.name], site.store.log.head(), 20)
    outcome, settlement = f"/v1/messages/{sent['id']}/outcome", {"status": "delivered", "reason": "Bob replied by phone"}
    settled = await site.post(outcome, settlement | {"recipients": [number(1)]})

    assert settled.status_code == 204
    shown = (await site.get(f"/v1/messages/{sent['id']}")).json()
    assert [each["status"] for each in shown["recipients"]] == ["delivered", "unconfirmed"]
    assert_problem(await site.post(outcome, settlement | {"recipients": [number(1)]}), "not-unconfirmed", 409)
    assert_problem(await site.post(outcome, settlement | {"status": "sent"}), "invalid-request", 422)
    assert_problem(await site.post("/v1/messages/msg_unknown/outcome", settlement), "not-found", 404)
