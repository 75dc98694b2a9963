"""Signing in through an identity provider: a browser's session by an authorization code, and by nothing else."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from groupchat.http.guards.provider_calls import MAX_BYTES
from groupchat.http.guards.sign_in import Client, SignIn
from groupchat.http.guards.throttle import Throttle
from groupchat.http.guards.tokens import Tokens
from groupchat.settings import SettingsError, from_environment
from tests.http.authorization_server import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, authorization_server
from tests.http.identity_provider import identity_provider
from tests.http.site import assert_problem, open_site

ANN = "ann@example.com"
PATIENCE = 10.0
"""The time that a provider has in these tests: more than a busy machine needs."""
LITTLE = 0.3
"""The time that a silent provider has."""
START, CALLBACK = "/v1/sign-in/provider", "/v1/sign-in/callback"


class Browser:
    """Keeps cookies, and follows no redirect by itself."""

    def __init__(self, site):
        self.site = site
        self.cookies = {}

    async def open(self, path, **headers):
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = await self.site.client.get(path, headers={"Cookie": cookies, **headers} if cookies else headers)
        self.site.client.cookies.clear()  # they are this browser's, and not the client's
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    async def goes(self):
        """Begin to sign in; return the provider's address."""
        sent = await self.open(START)
        assert sent.status_code == 303, sent.text
        return sent.headers["location"]


@pytest.fixture
def database_url(sqlite_url):
    """One database is enough: nothing of this depends on which it is."""
    return sqlite_url


@pytest.fixture
async def keys():
    async with identity_provider() as provider:
        yield provider


@pytest.fixture
def patience():
    """How long the provider may take, in seconds."""
    return PATIENCE


@pytest.fixture
async def signing(store, keys, patience):
    """A browser at a site with an identity provider, and the provider's authorization server."""
    tokens = Tokens(keys.provider(), fetch_seconds=patience)
    async with authorization_server(keys, ANN) as server:
        client = Client(
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            authorization_url="https://id.example.com/authorize?tenant=7",
            token_url=server.url,
            redirect_uri=REDIRECT_URI,
        )
        signing_in = SignIn(client, tokens, seconds=patience)
        async with open_site(store, workers=None, tokens=tokens, sign_in=signing_in, throttle=Throttle(0, 20)) as site:
            server.workspace_id = site.world.who.workspace_id
            yield Browser(site), server


async def test_a_person_signs_in_and_has_a_session(signing):
    browser, server = signing

    back = await browser.open(server.authorize(await browser.goes()))

    assert (back.status_code, back.headers["location"]) == (303, "/#signed-in")
    assert browser.cookies["groupchat-sign-in"] == ""
    shown = (await browser.open("/v1/session")).json()
    assert shown["user_id"] == browser.site.world.who.user.id
    assert (await browser.open("/v1/users/me")).json()["email"] == ANN


async def test_the_provider_gets_the_parameters_that_the_standards_require(signing):
    browser, _ = signing

    first, second = urlsplit(await browser.goes()), urlsplit(await browser.goes())

    assert (first.scheme, first.netloc, first.path) == ("https", "id.example.com", "/authorize")
    asked, again = parse_qs(first.query), parse_qs(second.query)
    assert asked["tenant"] == ["7"]
    for fresh in ("state", "nonce", "code_challenge"):
        assert asked[fresh] != again[fresh]
    assert len({*asked["state"], *asked["nonce"], *asked["code_challenge"], browser.cookies["groupchat-sign-in"]}) == 4


async def test_the_cookie_is_of_use_on_the_way_back_only_to_the_server(signing):
    browser, _ = signing
    sent = await browser.open(START)
    assert sent.headers["set-cookie"].endswith("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax")

    browser.site.client.base_url = "https://groupchat.example"
    sent = await browser.open(START)

    assert sent.headers["set-cookie"].startswith("__Host-groupchat-sign-in=")
    assert sent.headers["set-cookie"].endswith("; Secure")


async def test_a_callback_that_is_not_this_browsers_is_refused_and_asks_the_provider_nothing(signing):
    browser, server = signing
    other = Browser(browser.site)
    theirs = server.authorize(await other.goes())
    mine = server.authorize(await browser.goes())
    states = [
        theirs,
        mine.replace("state=", "state=x"),
        f"{CALLBACK}?code=abc",
        CALLBACK,
        mine.replace("id.example", "evil.example"),
    ]

    for path in states:
        assert_problem(await browser.open(path), "sign-in-refused", 403)

    assert_problem(await Browser(browser.site).open(mine), "sign-in-refused", 403)
    assert server.exchanges == 0
    assert "groupchat" not in browser.cookies


async def test_a_callback_works_once(signing):
    browser, server = signing
    back = server.authorize(await browser.goes())
    kept = dict(browser.cookies)
    assert (await browser.open(back)).status_code == 303
    assert_problem(await browser.open(back), "sign-in-refused", 403)

    browser.cookies = kept

    problem = assert_problem(await browser.open(back), "sign-in-refused", 403)
    assert "(invalid_grant)" in problem["detail"]


async def test_nothing_in_a_request_says_where_a_sign_in_ends(signing):
    browser, server = signing
    elsewhere = urlencode(dict.fromkeys(("next", "return_to", "redirect_uri", "url"), "https://evil.example/"))

    assert_problem(await browser.open(f"{START}?{elsewhere}"), "invalid-request", 422)
    host = await browser.open(START, Host="evil.example", **{"X-Forwarded-Host": "evil.example"})
    back = await browser.open(f"{server.authorize(host.headers['location'])}&{elsewhere}", Host="evil.example")

    assert parse_qs(urlsplit(host.headers["location"]).query)["redirect_uri"] == [REDIRECT_URI]
    assert back.headers["location"] == "/#signed-in"


async def test_an_id_token_that_is_not_for_this_sign_in_opens_nothing(signing):
    browser, server = signing
    unfit = {
        "of another sign-in": {"nonce": "0" * 64},
        "without a nonce": {"nonce": None},
        "for another client": {"aud": "payroll"},
        "for the API": {"aud": "groupchat"},
        "of another authorized party": {"azp": "payroll"},
        "for several, and nobody in particular": {"aud": [CLIENT_ID, "payroll"]},
        "expired": {"exp": datetime.now(UTC) - timedelta(minutes=1)},
        "of another issuer": {"iss": "https://evil.example.com/"},
        "with an address that is not verified": {"email_verified": False},
    }
    for why, claims in unfit.items():
        server.claims = claims
        refused = await browser.open(server.authorize(await browser.goes()))
        assert refused.status_code == 403, why
        assert "groupchat" not in browser.cookies, why


async def test_a_person_whom_nobody_has_added_sees_advice(signing):
    browser, server = signing
    server.email = "eve@example.com"

    problem = assert_problem(await browser.open(server.authorize(await browser.goes())), "sign-in-refused", 403)

    assert "Ask an owner" in problem["detail"]


async def test_a_nonsensical_provider_is_explained_to_the_person_and_can_recover(signing):
    browser, server = signing
    for broken in (b"<html>", b"[]", b"[" * 100_000, b" " * (MAX_BYTES + 1)):
        server.broken = broken
        problem = assert_problem(await browser.open(server.authorize(await browser.goes())), "unavailable", 503)
        assert "identity provider" in problem["detail"]
    server.broken = None
    assert (await browser.open(server.authorize(await browser.goes()))).status_code == 303


@pytest.mark.parametrize("patience", [LITTLE])
async def test_a_silent_provider_is_explained_to_the_person(signing):
    browser, server = signing
    server.silent = True
    problem = assert_problem(await browser.open(server.authorize(await browser.goes())), "unavailable", 503)
    assert "identity provider" in problem["detail"]


async def test_a_providers_refusal_is_a_page_for_a_person_and_quotes_nobody(signing):
    browser, _ = signing
    state = parse_qs(urlsplit(await browser.goes()).query)["state"][0]
    canceled = f"{CALLBACK}?{urlencode({'error': 'access_denied', 'error_description': '<b>Hi', 'state': state})}"
    forged = f"{CALLBACK}?{urlencode({'error': '<script>', 'state': state})}"

    page = await browser.open(canceled, Accept="text/html")

    assert (page.status_code, page.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert "(access_denied)" in page.text
    assert "<b>Hi" not in page.text
    assert "script" not in (await browser.open(forged, Accept="text/html")).text


async def test_somebody_who_keeps_trying_has_to_wait(signing):
    browser, server = signing
    await browser.goes()
    slugs = [(await browser.open(f"{CALLBACK}?code=guessed")).json()["type"] for _ in range(25)]

    assert slugs[0] == "/problems/sign-in-refused"
    assert slugs[-1] == "/problems/too-many-requests"
    assert server.exchanges == 0


async def test_an_id_token_for_signing_in_is_not_a_key_of_the_api(signing, keys):
    browser, _ = signing
    token = keys.token(browser.site.world.who.workspace_id, ANN, aud=CLIENT_ID)

    assert (await browser.open("/v1/users/me", Authorization=f"Bearer {token}")).status_code == 401


async def test_without_a_provider_only_keys_are_offered(plain_site):
    assert (await plain_site.client.get("/v1/sign-in")).json() == {"provider": None}
    for path in (START, CALLBACK):
        assert_problem(await plain_site.client.get(path), "not-found", 404)


async def test_the_provider_is_offered_by_its_host(signing):
    browser, _ = signing
    assert (await browser.open("/v1/sign-in")).json() == {"provider": "id.example.com"}


PROVIDER = {
    "GROUPCHAT_OIDC_ISSUER": "https://id.example.com/",
    "GROUPCHAT_OIDC_AUDIENCE": "groupchat",
    "GROUPCHAT_OIDC_JWKS_URL": "https://id.example.com/keys",
}
CLIENT = {
    "GROUPCHAT_OIDC_CLIENT_ID": "console",
    "GROUPCHAT_OIDC_AUTHORIZATION_URL": "https://id.example.com/authorize",
    "GROUPCHAT_OIDC_TOKEN_URL": "https://id.example.com/token",
    "GROUPCHAT_PUBLIC_URL": "https://chat.example.com",
}


@pytest.mark.parametrize("missing", [*PROVIDER, *CLIENT])
def test_a_sign_in_that_is_half_configured_is_refused_at_start(missing):
    given = {name: value for name, value in (PROVIDER | CLIENT).items() if name != missing}
    with pytest.raises(SettingsError, match=missing):
        from_environment(given)


def test_a_clients_secret_without_a_client_is_refused_at_start():
    with pytest.raises(SettingsError, match="GROUPCHAT_OIDC_CLIENT_ID"):
        from_environment(PROVIDER | {"GROUPCHAT_OIDC_CLIENT_SECRET": "s"})
