"""Problems, keys, correlation and health: what every answer has in common."""

import asyncio
import re

import msgspec
import pytest
import structlog
from msgspec.structs import replace
from sqlalchemy.exc import OperationalError

from groupchat.http.documents.console import DOCS
from groupchat.http.documents.pages import documentation
from groupchat.http.documents.problems import PROBLEMS
from groupchat.http.web.request import Incoming
from tests.http.site import Site, assert_problem, client_of, locs, messages_of
from tests.support.builders import number
from tests.support.locking import locked_by_another

# --- keys


async def test_nothing_is_shown_without_a_valid_key(plain_site):
    good = plain_site.key
    bad = ["", "Bearer", "Bearer ", "Basic abc", f"Basic {good}", good, f"Bearer {good}x", "Bearer gck_x_y", "Bearer \xff"]
    for authorization in bad:
        for method, path in (("GET", "/v1/conversations"), ("POST", "/v1/contacts"), ("GET", "/v1/conversations/cnv_1")):
            response = await plain_site.client.request(method, path, headers={"Authorization": authorization.encode("latin-1")})
            assert_problem(response, "unauthenticated", 401)
            assert response.headers["WWW-Authenticate"] == "Bearer"
    assert_problem(await plain_site.client.get("/v1/policy"), "unauthenticated", 401)
    assert (await plain_site.client.get("/v1/policy", headers={"Authorization": f"bearer {good}"})).status_code == 200


async def test_public_paths_need_no_key(plain_site):
    for path in ("/healthz", "/readyz", "/openapi.json", "/docs", "/problems", "/problems/not-found"):
        assert (await plain_site.client.get(path)).status_code == 200, path


@pytest.mark.parametrize("assets", [DOCS, None])
async def test_the_documentation_loads_nothing_from_another_host(assets):
    reply = await documentation(assets)(None)
    addresses = re.findall(rb"""(?:src|href|url)[=:]\s*["']([^"']*)""", reply.body)
    assert b"/openapi.json" in addresses
    assert [address for address in addresses if not re.match(rb"/[^/]", address)] == []


# --- paths and methods


async def test_an_unknown_path_is_not_found(plain_site):
    for path in ("/v2", "/console/none", "/v1/conversations/", "/v1/users/", "/v1/conversations/cnv_1/nothing", "/redoc"):
        assert_problem(await plain_site.get(path), "not-found", 404)


async def test_a_method_that_a_path_lacks_is_refused_with_its_methods(plain_site):
    for method, path, allow in (
        ("PUT", "/v1/conversations", "GET, HEAD, POST"),
        ("DELETE", "/v1/conversations/cnv_1", "GET, HEAD, PATCH"),
        ("OPTIONS", "/v1/policy", "GET, HEAD, PUT"),
        ("POST", "/healthz", "GET, HEAD"),
    ):
        response = await plain_site.request(method, path)
        assert_problem(response, "method-not-allowed", 405)
        assert response.headers["Allow"] == allow


async def test_a_head_is_a_get_without_its_body(plain_site):
    response = await plain_site.request("HEAD", "/v1/policy")
    assert (response.status_code, response.content) == (200, b"")


async def test_paths_that_no_id_can_have_are_malformed(plain_site):
    for path in ("/v1/contacts/a%00b", "/v1/contacts/%ff", "/v1/contacts/%ed%a0%80", "/v1/simulator/handsets/%00"):
        assert locs(assert_problem(await plain_site.get(path), "invalid-request", 422)) == ["path"]


# --- correlation


async def test_an_answer_has_the_callers_correlation_id_or_one_of_its_own(plain_site):
    for path in ("/v1/policy", "/healthz", "/nothing", "/v1/contacts/ctc_unknown"):
        response = await plain_site.request("GET", path, headers={"Groupchat-Correlation-Id": "crm-4711~!"})
        assert response.headers["Groupchat-Correlation-Id"] == "crm-4711~!"
        made = [(await plain_site.get(path)).headers["Groupchat-Correlation-Id"] for _ in range(2)]
        assert made[0].startswith("req_")
        assert made[0] != made[1]


async def test_a_correlation_id_is_visible_ascii_and_looks_like_no_events_id_R31(plain_site):
    for bad in ("", " ", "a b", "x" * 129, "\xe9", "\t", "cnv_01a2/7"):
        response = await plain_site.request("GET", "/v1/policy", headers={"Groupchat-Correlation-Id": bad.encode("latin-1")})
        assert locs(assert_problem(response, "invalid-request", 422)) == ["Groupchat-Correlation-Id"]
        assert response.headers["Groupchat-Correlation-Id"].startswith("req_")


# --- failures


class BrokenLog:
    """A log that fails with a given error."""

    def __init__(self, error):
        self._error = error

    def stream(self, *_, **__):
        raise self._error

    def head(self):
        raise self._error


class Broken:
    """A store whose log can't be read."""

    def __init__(self, store, error):
        self._store = store
        self.log = BrokenLog(error)

    def __getattr__(self, name):
        return getattr(self._store, name)


async def failing(site: Site, error: Exception):
    """Read a history from a store that fails; return the response and the log."""
    made = await site.group()
    async with client_of(replace(site.services, store=Broken(site.store, error))) as client:
        headers = {"Authorization": f"Bearer {site.key}", "Groupchat-Correlation-Id": "crm-4711"}
        with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as logged:
            return await client.get(f"/v1/conversations/{made['id']}/history", headers=headers), logged


async def test_an_unexpected_error_shows_nothing_and_is_logged_without_peoples_messages(plain_site):
    secret = f"the body of a message to {number(1)}"
    response, logged = await failing(plain_site, RuntimeError(secret))
    problem = assert_problem(response, "internal-error", 500)
    assert problem["correlation_id"] == "crm-4711"
    (line,) = [each for each in logged if each["event"] == "request_failed"]
    assert (line["correlation_id"], line["error"]) == ("crm-4711", "RuntimeError")
    assert line["operation"] == "GET /v1/conversations/{conversation_id}/history"
    assert any("stream" in frame for frame in line["where"])
    assert secret not in response.text + str(logged)
    assert "Traceback" not in response.text


async def test_a_database_that_is_locked_or_gone_is_unavailable_and_says_when_to_try_again(site):
    error = OperationalError("SELECT secret", {"body": "secret"}, Exception("database is locked"))
    response, logged = await failing(site, error)
    assert_problem(response, "unavailable", 503)
    assert response.headers["Retry-After"] == "1"
    assert "secret" not in response.text + str(logged)


# --- the pages


async def test_every_kind_of_problem_has_a_page(plain_site):
    index = (await plain_site.client.get("/problems")).text
    for slug, kind in PROBLEMS.items():
        response = await plain_site.client.get(f"/problems/{slug}")
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert kind.title in response.text.replace("&#x27;", "'")
        assert f'href="/problems/{slug}"' in index
    assert_problem(await plain_site.client.get("/problems/none"), "not-found", 404)


# --- health


async def test_a_process_that_keeps_up_is_ready(site):
    await site.get("/v1/conversations")
    health = (await site.client.get("/readyz")).json()
    assert health["ready"]
    assert {each["name"] for each in health["followers"]} == {*site.services.followers, *site.services.reported}


async def test_a_process_is_not_ready_once_an_event_has_waited_for_long_and_says_for_which_followers(idle_site):
    await idle_site.group()
    assert (await idle_site.client.get("/readyz")).json()["ready"]
    strict = replace(idle_site.services.checkup, max_lag=0.0)
    reply = await strict.ready(Incoming({}, None, {}, ""))
    assert (reply.status, dict(reply.headers)[b"retry-after"]) == (503, b"1")
    followers = msgspec.json.decode(reply.body)["followers"]
    behind = {each["name"]: (each["behind"] > 0, each["oldest_seconds"] > 0) for each in followers if not each["ready"]}
    assert behind == dict.fromkeys((*idle_site.services.followers, *idle_site.services.reported), (True, True))


async def test_a_process_without_its_database_lives_but_is_not_ready(site):
    store = Broken(site.store, OperationalError("SELECT", {}, Exception("gone")))
    async with client_of(replace(site.services, store=store)) as client:
        response = await client.get("/readyz")
        assert (response.status_code, response.json()["store_reachable"]) == (503, False)
        assert (await client.get("/healthz")).json() == {"live": True}


async def test_a_process_that_can_store_nothing_lives_but_is_not_ready(idle_site, database_url):
    with locked_by_another(database_url):
        response = await idle_site.client.get("/readyz")
    assert response.status_code == 503
    assert (response.json()["store_reachable"], response.json()["writable"]) == (True, False)


# --- positions


async def test_a_read_waits_until_it_shows_the_write_R27(site):
    made = await site.group()
    for n in range(20):
        await site.send(made, str(n))
        assert (await site.get("/v1/conversations")).json()["items"][0]["last_message"]["body"] == str(n)


async def test_a_view_that_does_not_follow_is_503_and_says_when_to_try_again(idle_site):
    made = await idle_site.group()
    for path in ("/v1/conversations", messages_of(made), "/v1/ledger", "/v1/contacts", f"/v1/simulator/handsets/{number(1)}"):
        response = await idle_site.get(path)
        assert_problem(response, "projection-behind", 503)
        assert response.headers["Retry-After"] == "1"
    idle_site.position = 0
    assert (await idle_site.get("/v1/conversations")).json()["items"] == []


async def test_reads_of_the_log_never_lag(idle_site):
    made = await idle_site.group()
    for path in (f"/v1/conversations/{made['id']}/history", "/v1/policy", "/v1/numbers"):
        assert (await idle_site.get(path)).status_code == 200
    idle_site.position = 0
    assert (await idle_site.get(f"/v1/conversations/{made['id']}")).json() == made


async def test_every_write_says_its_position(site):
    made, contact = await site.group(), await site.contact(9)
    writes = [
        await site.patch(f"/v1/conversations/{made['id']}", {"name": "x"}),
        await site.patch(f"/v1/conversations/{made['id']}", {"name": "x"}),
        await site.put(f"/v1/conversations/{made['id']}/read"),
        await site.delete(f"/v1/conversations/{made['id']}/read"),
        await site.put("/v1/policy", {}),
        await site.put(f"/v1/simulator/behaviors/{number(1)}", {"behavior": None}),
        await site.delete(f"/v1/contacts/{contact['id']}"),
    ]
    head = await asyncio.to_thread(site.store.log.head)
    positions = [int(each.headers["Groupchat-Position"]) for each in writes]
    assert positions == sorted(positions)
    assert 0 < positions[0] <= positions[-1] <= head


async def test_a_position_that_cannot_be_is_malformed(idle_site):
    for position in ("-1", "x", "1.5", " ", "", "9" * 19, "+1"):
        response = await idle_site.request("GET", "/v1/policy", headers={"Groupchat-Min-Position": position})
        assert locs(assert_problem(response, "invalid-request", 422)) == ["Groupchat-Min-Position"]
