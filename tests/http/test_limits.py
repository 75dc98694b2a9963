"""Limits: how often a key may ask, how many logins may fail, how long a body may take, and what happens beyond."""

import asyncio

import pytest

from groupchat.http.app import create_app
from groupchat.http.guards.throttle import Throttle
from tests.http.site import assert_problem, client_of, open_site
from tests.store.counting import full
from tests.store.following import opened
from tests.support.world import a_member


@pytest.fixture
def database_url(sqlite_url):
    """One database is enough: nothing of this depends on which it is."""
    return sqlite_url


@pytest.fixture
def throttled(store):
    """Return the API for an owner, with other limits."""
    return lambda **limits: open_site(store, workers=None, throttle=Throttle(**limits))


async def test_a_key_that_exceeds_its_rate_learns_when_to_retry(throttled):
    async with throttled(requests_a_second=3) as site:
        answers = await asyncio.gather(*(site.client.get("/v1/policy", headers=of(site)) for _ in range(200)))
        refused = [answer for answer in answers if answer.status_code != 200]

        assert len(refused) > 100
        for answer in refused:
            assert_problem(answer, "too-many-requests", 429)
            assert answer.headers["Retry-After"] == "1"
            assert answer.headers["RateLimit"].startswith('"key";r=0;t=')


async def test_every_response_shows_the_rest_of_the_rate_limit(throttled):
    async with throttled(requests_a_second=7) as site:
        answer = await site.get("/v1/policy")
        assert answer.headers["RateLimit-Policy"] == '"key";q=7;w=1'
        assert answer.headers["RateLimit"] == '"key";r=6;t=1'
        assert "RateLimit" in (await site.get("/v1/contacts/ctc_none")).headers
        assert "RateLimit" not in (await site.client.get("/healthz")).headers


async def test_a_request_over_the_limit_stores_nothing(throttled):
    async with throttled(requests_a_second=3) as site:
        body = {"name": "Ann", "number": "+14155550111"}
        answers = await asyncio.gather(*(site.client.post("/v1/contacts", json=body, headers=of(site)) for _ in range(50)))
        stored = [answer for answer in answers if answer.status_code == 201]

        events = (await asyncio.to_thread(site.store.log.read, 0, 1_000)).events
        assert 3 <= len(stored) < 50
        assert sum(each.type == "groupchat.contact.created" for each in events) == len(stored)


async def test_each_key_has_a_share_of_its_own(throttled):
    async with throttled(requests_a_second=5) as site:
        other = await site.member()
        await asyncio.gather(*(site.client.get("/v1/policy", headers=of(site)) for _ in range(50)))

        assert (await other.client.get("/v1/policy", headers=of(other))).status_code == 200


async def test_all_keys_of_a_workspace_have_a_limit_together(throttled):
    async with throttled(requests_a_second=100, workspace_requests_a_second=20) as site:
        path = f"/v1/users/{site.world.who.user.id}/keys"
        keys = [site.key, *[(await site.post(path)).json()["api_key"] for _ in range(2)]]
        answers = await asyncio.gather(
            *(site.client.get("/v1/policy", headers={"Authorization": f"Bearer {key}"}) for key in keys for _ in range(80))
        )
        refused = [answer for answer in answers if answer.status_code == 429]

        assert "workspace" in assert_problem(refused[0], "too-many-requests", 429)["detail"]
        assert refused[0].headers["RateLimit-Policy"] == '"workspace";q=20;w=1'


def test_a_request_over_a_keys_share_takes_nothing_of_its_workspaces_share():
    throttle = Throttle(1, workspace_requests_a_second=3)
    asked = [throttle.count(key, "wsp_1") for key in ("k1", "k1", "k1", "k1", "k2", "k3", "k4")]

    assert [(share.of, share.retry_after is None) for share in asked if share is not None] == [
        ("key", True),
        *[("key", False)] * 3,
        ("key", True),
        ("key", True),
        ("workspace", False),
    ]
    other = throttle.count("k5", "wsp_2")
    assert other is not None
    assert other.retry_after is None


async def test_a_limit_of_0_means_no_limit(throttled):
    async with throttled(requests_a_second=0, workspace_requests_a_second=0, failed_logins_a_minute=0) as site:
        answers = [await site.client.get("/v1/policy", headers=of(site)) for _ in range(30)]
        assert {answer.status_code for answer in answers} == {200}
        answers = [await site.client.get("/v1/policy") for _ in range(30)]
        assert {answer.status_code for answer in answers} == {401}


async def test_an_address_with_too_many_failed_logins_must_wait_but_known_users_get_in(throttled):
    async with throttled(failed_logins_a_minute=4) as site:
        assert (await site.client.get("/v1/policy", headers=of(site))).status_code == 200
        guesses = [await site.client.get("/v1/policy", headers={"Authorization": f"Bearer {site.key}{n}"}) for n in range(8)]

        assert [answer.status_code for answer in guesses[:4]] == [401] * 4
        for answer in guesses[5:]:
            assert_problem(answer, "too-many-requests", 429)
            assert int(answer.headers["Retry-After"]) >= 15
        assert (await site.client.get("/v1/policy", headers=of(site))).status_code == 200


async def test_a_barred_address_costs_no_database_query(throttled, monkeypatch):
    async with throttled(failed_logins_a_minute=1) as site:
        await site.client.get("/v1/policy")
        monkeypatch.setattr(site.store, "load", refuse_to_load)
        for _ in range(3):
            answer = await site.client.get("/v1/policy", headers={"Authorization": "Bearer gck_nobody_x"})
            assert_problem(answer, "too-many-requests", 429)


async def refuse_to_load(*_: object) -> None:
    pytest.fail("the database was asked")


async def test_every_known_user_is_admitted_while_others_fail(throttled):
    async with throttled(failed_logins_a_minute=1) as site:
        assert (await a_member(site.world)).user.id == "usr_ben"
        for _ in range(3):
            await site.client.get("/v1/policy")
        assert (await site.client.get("/v1/policy", headers=of(site))).status_code == 200


async def test_the_api_does_not_wait_for_a_body_that_does_not_arrive(store):
    async with open_site(store, workers=None, body_seconds=0.02) as site:
        sent = []
        waiting = asyncio.Event()

        async def receive():
            if sent:
                pytest.fail("the answer came before the body")
            if waiting.is_set():
                await asyncio.Event().wait()
            waiting.set()
            return {"type": "http.request", "body": b'{"name": ', "more_body": True}

        async def send(message):
            sent.append(message)

        headers = [(b"authorization", f"Bearer {site.key}".encode()), (b"content-type", b"application/json")]
        scope = {
            "type": "http",
            "http_version": "1.0",
            "method": "POST",
            "path": "/v1/contacts",
            "query_string": b"",
            "headers": headers,
            "root_path": "",
        }
        await create_app(site.services)(scope, receive, send)

        assert sent[0]["status"] == 408
        assert dict(sent[0]["headers"])[b"connection"] == b"close"
        assert b"/problems/request-timeout" in sent[1]["body"]


async def test_while_too_much_waits_to_be_stored_commands_are_refused_and_the_process_is_not_ready(database_url):
    async with opened(database_url, max_waiting=1) as store, open_site(store, workers=None) as site:
        assert (await site.client.get("/readyz")).json()["overloaded"] is False
        async with full(store):
            answer = await site.client.post("/v1/contacts", json={"name": "Ann", "number": "+14155550111"}, headers=of(site))
            assert_problem(answer, "unavailable", 503)
            assert answer.headers["Retry-After"]
            assert "Nothing was stored" in answer.json()["detail"]
            ready = await site.client.get("/readyz")
            assert (ready.status_code, ready.json()["ready"], ready.json()["overloaded"]) == (503, False, True)
        assert "groupchat.contact.created" not in {each.type for each in await asyncio.to_thread(list, store.log.each())}


async def test_every_operation_documents_that_it_limits(throttled):
    async with throttled() as site, client_of(site.services) as client:
        document = (await client.get("/openapi.json")).json()
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if path.startswith("/v1/") and path not in ("/v1/sign-in", "/v1/sign-in/provider"):  # they only show and redirect
                    assert {"429", "503"} <= set(operation["responses"]), path
                    assert ("408" in operation["responses"]) == ("requestBody" in operation), (method, path)


def of(site):
    return {"Authorization": f"Bearer {site.key}"}
