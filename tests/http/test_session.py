"""Sessions of browsers: a cookie that begins with a key, ends on its own, and is of no use to another site."""

import asyncio
from datetime import timedelta

import pytest

from groupchat.http.guards.sessions import LIFE
from tests.http.clocked import StoppedClock, clocked_site
from tests.http.site import Site, assert_problem
from tests.support.builders import BUSINESS

SESSION = "/v1/session"


class Browser:
    """Calls with cookies instead of a key."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.headers: dict[str, str] = {}
        self.csrf = ""

    async def sign_in(self, key: str | None = None, *, single_use: bool = False, **headers: str):
        body = {"api_key": key or self.site.key, "single_use": single_use}
        response = await self.call("POST", SESSION, json=body, headers=headers)
        if response.status_code == 201:
            self.headers = {"Cookie": response.headers["Set-Cookie"].partition(";")[0]}
            self.csrf = response.json()["csrf_token"]
        return response

    async def call(self, method: str, path: str, *, headers: dict[str, str] | None = None, **given):
        return await self.site.client.request(method, path, headers=self.headers | (headers or {}), **given)

    async def write(self, method: str, path: str, **given):
        return await self.call(method, path, headers={"Groupchat-CSRF": self.csrf}, **given)


@pytest.fixture
def browser(plain_site):
    return Browser(plain_site)


async def test_a_session_reads_and_writes_as_its_user(browser):
    begun = await browser.sign_in()

    assert begun.status_code == 201
    assert "HttpOnly; SameSite=Strict" in begun.headers["Set-Cookie"]
    assert browser.site.key not in begun.headers["Set-Cookie"]
    assert (await browser.call("GET", "/v1/users/me")).json()["role"] == "owner"
    assert (await browser.write("PATCH", f"/v1/numbers/{BUSINESS}", json={"label": "Desk"})).status_code == 200
    shown = (await browser.call("GET", SESSION)).json()
    assert shown == begun.json()
    keys = (await browser.call("GET", f"/v1/users/{shown['user_id']}/keys")).json()["items"]
    assert [each["label"] for each in keys] == [None, "Browser session"]


async def test_over_https_browsers_bind_the_cookie_to_this_host(browser):
    browser.site.client.base_url = "https://groupchat.example"

    begun = await browser.sign_in()

    assert begun.headers["Set-Cookie"].startswith("__Host-groupchat=gck_")
    assert "; Secure" in begun.headers["Set-Cookie"]


@pytest.mark.parametrize("token", [None, "", "0" * 64, "é"])
async def test_a_write_without_the_sessions_token_is_refused(browser, token):
    await browser.sign_in()
    headers = {} if token is None else {"Groupchat-CSRF": token.encode("latin-1")}

    refused = await browser.call("PATCH", f"/v1/numbers/{BUSINESS}", json={"label": "Desk"}, headers=headers)

    assert_problem(refused, "cross-site-request", 403)
    (number,) = (await browser.call("GET", "/v1/numbers")).json()["items"]
    assert number["label"] is None


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_request_that_another_sites_page_makes_is_refused(browser, site):
    elsewhere = {"Sec-Fetch-Site": site}
    assert_problem(await browser.sign_in(**elsewhere), "cross-site-request", 403)
    await browser.sign_in()

    assert_problem(await browser.call("GET", "/v1/users/me", headers=elsewhere), "cross-site-request", 403)


async def test_signing_out_ends_the_session_and_leaves_the_key(browser):
    await browser.sign_in()

    ended = await browser.write("DELETE", SESSION)

    assert ended.status_code == 204
    assert "Max-Age=0" in ended.headers["Set-Cookie"]
    assert_problem(await browser.call("GET", "/v1/users/me"), "unauthenticated", 401)
    assert (await browser.site.get("/v1/users/me")).status_code == 200


async def test_a_key_of_single_use_begins_one_session(browser):
    me = browser.site.world.who.user.id
    key = (await browser.site.post(f"/v1/users/{me}/keys")).json()["api_key"]

    begun = await asyncio.gather(*(Browser(browser.site).sign_in(key, single_use=True) for _ in range(3)))

    assert sorted(each.status_code for each in begun) == [201, 401, 401]
    assert_problem(await browser.sign_in(key), "unauthenticated", 401)
    assert_problem(await browser.site.with_key(key).get("/v1/users/me"), "unauthenticated", 401)


async def test_a_session_ends_on_its_own(sqlite_url):
    clock = StoppedClock()
    async with clocked_site(sqlite_url, clock) as site:
        browser = Browser(site)
        await browser.sign_in()
        clock.now += LIFE - timedelta(seconds=1)
        assert (await browser.call("GET", "/v1/users/me")).status_code == 200

        clock.now += timedelta(seconds=1)

        assert_problem(await browser.call("GET", "/v1/users/me"), "unauthenticated", 401)


async def test_a_key_in_the_header_is_used_before_the_cookie(browser):
    await browser.sign_in()
    member = await browser.site.member()

    answer = await browser.call("GET", "/v1/users/me", headers={"Authorization": f"Bearer {member.key}"})

    assert answer.json()["role"] == "member"


@pytest.mark.parametrize("key", ["gck_nobody_knows", "not a key", "eyJhbGciOiJub25lIn0.e30."])
async def test_only_a_valid_key_begins_a_session(browser, key):
    assert_problem(await browser.sign_in(key), "unauthenticated", 401)


@pytest.mark.parametrize("cookie", ["groupchat=", "groupchat=gck_a_b", 'groupchat="', "=;;=", "groupchat=\x80"])
async def test_an_unreadable_cookie_does_not_count_as_a_session(browser, cookie):
    answer = await browser.call("GET", "/v1/users/me", headers={"Cookie": cookie.encode("latin-1")})

    assert_problem(answer, "unauthenticated", 401)
