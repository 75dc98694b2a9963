"""`Idempotency-Key`: a repeated POST takes effect once and gets the same response, whatever happened in between."""

import asyncio
import json
from uuid import uuid4

import pytest
from sqlalchemy import select

from groupchat.http.app import ENDPOINTS, SIMULATOR
from groupchat.processes.delivery import DeliveryProcess
from groupchat.store.tables import IDEMPOTENCY_KEYS
from groupchat.values.clock import utc_now
from tests.http.site import another_process, assert_problem, locs, messages_of, path_of
from tests.http.staff import staffed
from tests.store.counting import holding, until
from tests.support.builders import BUSINESS, number

SAME = ("Location", "ETag", "Groupchat-Position", "Content-Type")


async def keyed(site, path, body=None, key="k1"):
    """Send a request with a key."""
    return await site.post(path, body, headers={"Idempotency-Key": key})


async def facts(site):
    """Return the ids of all events, but for those of deliveries, which come in their own time."""
    log = (await asyncio.to_thread(site.store.log.read, 0, 1_000)).events
    return [recorded.id for recorded in log if not recorded.type.startswith("groupchat.delivery.")]


def content_of(response):
    """Return what an answer and its repeat have in common."""
    body = response.json() if response.content else {}
    return (
        response.status_code,
        {name: body[name] for name in body if name not in ("api_key", "secret")},
        [response.headers.get(n) for n in SAME],
    )


async def kept_answers(site):
    def read():
        with site.store.database.read() as connection:
            return [bytes(answer) for answer in connection.execute(select(IDEMPOTENCY_KEYS.c.answer)).scalars()]

    return await asyncio.to_thread(read)


# --- every POST

PEOPLE = {"from": BUSINESS, "participants": [{"number": number(11)}, {"number": number(12)}]}
POSTS = {
    "create_conversation": ("/v1/conversations", PEOPLE | {"message": {"body": "Hello"}}),
    "send_message": ("/v1/conversations/{conversation}/messages", {"body": "Hello"}),
    "create_successor": ("/v1/conversations/{blocked}/successor", {"message": {"body": "Going on"}}),
    "settle_review": ("/v1/reviews/{review}", {"opt_out": True}),
    "opt_out": ("/v1/conversations/{conversation}/participants/" + number(1) + "/opt-out", None),
    "create_contact": ("/v1/contacts", {"name": "Cid", "number": number(21)}),
    "merge_contacts": ("/v1/contacts/{contact}/merge", {"contact_id": "{duplicate}"}),
    "add_number": ("/v1/numbers", {"number": "+16285550123"}),
    "settle": ("/v1/messages/{unconfirmed}/outcome", {"status": "delivered", "reason": "They replied by phone"}),
    "post_rate": ("/v1/rates", {"effective_from": "2030-01-01", "mms_segment": "0.02", "currency": "USD"}),
    "add_user": ("/v1/users", {"name": "Dee", "email": "dee@example.com", "role": "member"}),
    "issue_key": ("/v1/users/{user}/keys", {}),
    "add_webhook": ("/v1/webhooks", {"url": "http://127.0.0.1:9/hooks"}),
    "test_webhook": ("/v1/webhooks/{webhook}/test", None),
    "issue_webhook_secret": ("/v1/webhooks/{webhook}/secret", None),
    "replay_webhook": ("/v1/webhooks/{webhook}/replay", {"after": 0}),
    "handset_writes": ("/v1/simulator/inbound", {"from": number(1), "to": BUSINESS, "body": "Hi", "group": [number(2)]}),
}


WITHOUT_KEY = {"begin_session", "import_contacts", "upload_media"}
"""None takes a key: a session is a new one each time, a repeated import changes nothing, and a file is kept once (R46)."""


def test_every_post_of_the_app_is_repeated_here():
    posts = {each.operation.name for each in (*ENDPOINTS, *SIMULATOR) if each.operation.method == "POST"}
    assert posts - WITHOUT_KEY == set(POSTS)


@pytest.mark.parametrize("name", POSTS)
async def test_a_repeat_has_the_first_answer_and_stores_nothing(plain_site, name):
    site = plain_site
    conversation, blocked = await site.group(1, 2), await site.group(3, 4, 5)
    await site.writes(5, "STOP")
    for n in (6, 7):
        await site.put(f"/v1/simulator/behaviors/{number(n)}", {"behavior": "unconfirmed"})
    unconfirmed = await site.send(await site.group(6, 7))
    assert await site.services.progress.wait_for([DeliveryProcess.name], site.store.log.head(), 20)
    path, body = POSTS[name]
    contact, duplicate = await site.contact(41), await site.contact(42)
    if name == "merge_contacts":
        body = {"contact_id": duplicate["id"]}
    ids = {"conversation": conversation["id"], "blocked": blocked["id"], "unconfirmed": unconfirmed["id"], "contact": contact["id"]}
    ids["review"] = (await site.writes(3, "Please take me off this list.")).json()["message_id"]
    ids["webhook"] = (await site.post(*POSTS["add_webhook"])).json()["id"]
    path = path.format(**ids, user=site.world.who.user.id)
    first = await keyed(site, path, body)
    assert 200 <= first.status_code < 300, first.text
    await site.send(await site.group(31, 32))  # life goes on
    before = await facts(site)

    again = [await keyed(site, path, body) for _ in range(2)]

    assert [content_of(each) for each in again] == [content_of(first)] * 2
    assert [each.headers.get("Idempotency-Replayed") for each in (first, *again)] == [None, "true", "true"]
    assert [each.content for each in again] == [again[0].content] * 2
    assert await facts(site) == before


@pytest.mark.parametrize("name", ["add_user", "issue_key"])
async def test_a_repeat_shows_no_api_key_and_none_is_kept(plain_site, name):
    path, body = POSTS[name]
    path = path.format(user=plain_site.world.who.user.id)
    first, again = [await keyed(plain_site, path, body) for _ in range(2)]

    secret = first.json()["api_key"]
    assert secret.startswith("gck_")
    assert again.json() == first.json() | {"api_key": None}
    (kept,) = await kept_answers(plain_site)
    assert b"gck_" not in kept
    assert secret.encode() not in kept
    assert (await plain_site.with_key(secret).get("/v1/users/me")).status_code == 200


async def test_a_repeat_shows_no_secret_of_a_webhook_and_none_is_stored_R55(plain_site):
    first, again = [await keyed(plain_site, *POSTS["add_webhook"]) for _ in range(2)]

    secret = first.json()["secret"]
    assert secret.startswith("whsec_")
    assert again.json() == first.json() | {"secret": None}
    stored = b"".join(await kept_answers(plain_site)) + "".join(map(repr, plain_site.store.log.read(0, 500).events)).encode()
    assert b"whsec_" not in stored
    assert secret.removeprefix("whsec_").encode() not in stored


# --- which request it is


async def test_a_message_is_sent_once_however_often_it_is_repeated_R24(site):
    made = await site.group(1, 2)
    answers = [await keyed(site, messages_of(made), {"body": "Hello"}) for _ in range(3)]

    assert {each.content for each in answers} == {answers[0].content}
    assert [each["id"] for each in (await site.get(messages_of(made))).json()["items"]] == [answers[0].json()["id"]]
    assert len((await site.get("/v1/ledger")).json()["items"]) == 2
    assert len((await site.get(f"/v1/simulator/handsets/{number(1)}")).json()["items"]) == 1


async def test_another_request_under_the_key_is_refused(plain_site):
    site = plain_site
    made, other = await site.group(1, 2), await site.group(3, 4)
    await keyed(site, messages_of(made), {"body": "Hello"})
    before = await facts(site)

    assert_problem(await keyed(site, messages_of(made), {"body": "Hello!"}), "idempotency-key-reused", 422)
    assert_problem(await keyed(site, messages_of(other), {"body": "Hello"}), "idempotency-key-reused", 422)
    headers = {"Idempotency-Key": "k1", "Content-Type": "application/json"}
    spaced = await site.request("POST", messages_of(made), content=b'{ "body": "Hello" }', headers=headers)
    assert_problem(spaced, "idempotency-key-reused", 422)
    assert_problem(await keyed(site, "/v1/contacts", {"name": "Bob", "number": number(9)}), "idempotency-key-reused", 422)
    assert await facts(site) == before


async def test_a_missing_thing_is_404_even_under_a_key_with_a_response(plain_site):
    site = plain_site
    made = await site.group(1, 2)
    stranger = await site.stranger()
    await keyed(stranger, "/v1/contacts", {"name": "Bob", "number": number(9)})

    assert_problem(await keyed(stranger, messages_of(made), {"body": "Hello"}), "not-found", 404)


async def test_a_key_is_its_users_own(site):
    made, member = await site.group(1, 2), await site.member()
    answers = [await keyed(each, messages_of(made), {"body": "Hello"}) for each in (site, member, site, member)]

    assert [each.status_code for each in answers] == [201] * 4
    assert [each.json() for each in answers[:2]] == [each.json() for each in answers[2:]]
    assert answers[0].json()["author"]["name"] != answers[1].json()["author"]["name"]
    assert len((await member.get(messages_of(made))).json()["items"]) == 2  # they wrote last, so they wait for both


async def test_a_refused_request_is_decided_again_R5(site):
    await site.group(1, 2)
    await site.writes(1, "STOP")
    body = {"from": BUSINESS, "participants": [{"number": number(1)}, {"number": number(3)}]}
    assert_problem(await keyed(site, "/v1/conversations", body), "invalid-group", 422)
    await site.writes(1, "START")

    made = await keyed(site, "/v1/conversations", body)
    assert made.status_code == 201
    assert (await keyed(site, "/v1/conversations", body)).json() == made.json()


# --- what came between


async def test_a_repeat_has_the_first_answer_though_it_would_be_refused_now_R15(site):
    made = await site.group(1, 2)
    first = await keyed(site, messages_of(made), {"body": "Hello"})
    await site.writes(1, "STOP")

    again = await keyed(site, messages_of(made), {"body": "Hello"})
    assert (again.status_code, again.content) == (201, first.content)
    assert_problem(await keyed(site, messages_of(made), {"body": "Hello"}, key="k2"), "conversation-blocked", 409)


async def test_a_repeat_is_not_refused_because_of_the_first_requests_effects_R4_R35(site):
    async with another_process(site) as other:
        for path, body in (POSTS["create_conversation"], POSTS["add_number"]):
            key = str(uuid4())
            first, again = await keyed(site, path, body, key), await keyed(other, path, body, key)
            assert content_of(again) == content_of(first)


async def test_a_key_that_was_asked_for_with_an_end_is_shown_again_after_that_end(plain_site, monkeypatch):
    site = plain_site
    body, path = {"expires_at": "2500-01-01T00:00:00Z"}, f"/v1/users/{site.world.who.user.id}/keys"
    first = await keyed(site, path, body)
    monkeypatch.setattr(site.store, "now", lambda: utc_now().replace(year=2600))

    assert content_of(await keyed(site, path, body)) == content_of(first)


async def test_a_repeated_opt_out_shows_the_conversation_of_the_first_response_R14(plain_site):
    site = plain_site
    made = await site.group(1, 2)
    path = path_of(made, "participants", number(1), "opt-out")
    first = await keyed(site, path)
    await site.patch(path_of(made), {"name": "Renamed since"})
    await site.writes(2, "Pity", group=[number(1)])

    again = await keyed(site, path)
    assert first.json()["blocked_by"] == [number(1)]
    assert (again.content, again.headers["ETag"]) == (first.content, first.headers["ETag"])


async def test_an_opt_out_with_a_key_shows_everything_that_was_decided_before_it_R15(site):
    made = await site.group(1, 2)
    answers = await asyncio.gather(
        *(site.send(made, f"m{n}") for n in range(10)), keyed(site, path_of(made, "participants", number(1), "opt-out"))
    )
    shown = answers[-1].json()
    assert shown["blocked_by"] == [number(1)]
    now = (await site.get(path_of(made))).json()
    assert {**shown, "unread_count": 0} == {**now, "unread_count": 0}


async def test_keys_are_for_posts_alone(plain_site):
    site = plain_site
    made = await site.group(1, 2)
    headers = {"Idempotency-Key": "k1"}
    for name in ("x", "y"):
        renamed = await site.request("PATCH", path_of(made), json={"name": name}, headers=headers)
        assert renamed.json()["name"] == name
    assert await kept_answers(site) == []


# --- at the same time


async def test_while_the_first_request_runs_a_repeat_is_asked_to_retry(site):
    made = await site.group(1, 2)
    with holding(site.store.database.url.render_as_string(hide_password=False)):
        first = asyncio.create_task(keyed(site, messages_of(made), {"body": "Hello"}))
        await until(lambda: site.services.running)
        meanwhile = await keyed(site, messages_of(made), {"body": "Hello"})
        first_of_another = asyncio.create_task(keyed(site, messages_of(made), {"body": "Hello"}, key="k2"))

    assert_problem(meanwhile, "idempotency-key-in-use", 409)
    assert meanwhile.headers["Retry-After"] == "1"
    assert (await first_of_another).status_code == 201
    assert content_of(await keyed(site, messages_of(made), {"body": "Hello"})) == content_of(await first)
    assert not site.services.running


# --- what a handset writes


async def test_processes_that_repeat_a_handsets_message_at_once_let_it_arrive_once_R12(site):
    await site.group(1, 2)
    path, body = POSTS["handset_writes"]
    async with another_process(site) as other:
        answers = await asyncio.gather(*(keyed(each, path, body) for each in (site, other) * 10))

    done = {each.content for each in answers if each.status_code == 202}
    assert len(done) == 1
    assert {each.status_code for each in answers} <= {202, 409}
    received = (await site.get(f"/v1/simulator/handsets/{number(2)}")).json()["items"]
    assert [each["body"] for each in received] == ["Hi"]


# --- the key itself


@pytest.mark.parametrize("key", ["k", "k" * 255, "8e03978e-40d5-43e8-bc93-6894a57f9324", '"quoted"', "a b  c", "~!{}"])
async def test_a_key_has_1_to_255_printable_ascii_characters(plain_site, key):
    body = {"name": "Bob", "number": number(9)}
    first, again = [await keyed(plain_site, "/v1/contacts", body, key) for _ in range(2)]
    assert content_of(first) == content_of(again)


@pytest.mark.parametrize("key", ["", "k" * 256, b"\xe9", b"a\tb", b"\x7f", " k", "k "])
async def test_an_impossible_key_is_malformed_and_stores_nothing(plain_site, key):
    before = await facts(plain_site)
    response = await keyed(plain_site, "/v1/contacts", {"name": "Bob", "number": number(9)}, key)
    assert locs(assert_problem(response, "invalid-request", 422)) == ["Idempotency-Key"]
    assert await facts(plain_site) == before


async def test_the_stored_row_has_the_response_and_only_a_digest_of_the_request(plain_site):
    first = await keyed(plain_site, "/v1/contacts", {"name": "Bob", "number": number(9)})
    (kept,) = await kept_answers(plain_site)
    assert json.loads(kept) == {
        "status": 201,
        "headers": [["location", first.headers["Location"]], ["etag", first.headers["ETag"]]],
        "body": first.json(),
    }


# --- while others change the same thing


async def test_an_opt_out_with_a_key_is_accepted_at_once_while_members_keep_sending_R14_R16(site):
    """Its answer shows the whole conversation, of which something is on its way to the disk at any moment."""
    for n in range(6):
        made = await site.group(10 * n + 1, 10 * n + 2)
        opted_out = asyncio.Event()
        senders = [asyncio.create_task(_keep_sending(site, made, opted_out)) for _ in range(4)]
        path = path_of(made, "participants", number(10 * n + 1), "opt-out")
        taken = await site.post(path, headers={"Idempotency-Key": f"opt-out-{n}"})
        opted_out.set()
        statuses = set().union(*await asyncio.gather(*senders))

        assert (taken.status_code, taken.json()["blocked"]) == (200, True), taken.text
        assert statuses <= {201, 409}


async def _keep_sending(site, conversation, until):
    statuses = set()
    while not until.is_set():
        statuses.add((await site.post(messages_of(conversation), {"body": "Hello"})).status_code)
    return statuses


# --- rights go before a repeat


async def test_a_repeat_shows_nothing_that_is_hidden_by_now_R22(site):
    staff = await staffed(site)
    agent, mine = staff["agent"], {"assigned_to": staff.ids["agent"]}
    people = [await keyed(agent, "/v1/contacts", {"name": "Al", "number": number(n)} | mine, f"c{n}") for n in (1, 2)]
    group = {"from": BUSINESS, "participants": [{"contact_id": person.json()["id"]} for person in people]}
    made = await keyed(agent, "/v1/conversations", group)
    assert made.status_code == 201
    message = messages_of(made.json())
    assert (await keyed(agent, message, {"body": "Hi"}, "k2")).status_code == 201

    await site.patch(f"/v1/contacts/{people[0].json()['id']}", {"assigned_to": None})

    assert_problem(await keyed(agent, "/v1/conversations", group), "not-found", 404)
    assert_problem(await keyed(agent, message, {"body": "Hi"}, "k2"), "not-found", 404)
    assert_problem(await keyed(agent, "/v1/contacts", {"name": "Al", "number": number(1)} | mine, "c1"), "not-found", 404)
    assert (await keyed(agent, "/v1/contacts", {"name": "Al", "number": number(2)} | mine, "c2")).json() == people[1].json()


async def test_a_repeat_by_a_user_who_became_an_auditor_is_forbidden_R23(site):
    staff = await staffed(site)
    message = messages_of(await site.group(1, 2))
    assert (await keyed(staff["member"], message, {"body": "Hi"})).status_code == 201
    await site.patch(f"/v1/users/{staff.ids['member']}", {"role": "auditor"})
    assert_problem(await keyed(staff["member"], message, {"body": "Hi"}), "not-permitted", 403)
