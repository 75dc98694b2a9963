"""Logging in with a token of an identity provider, besides API keys."""

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from groupchat.http.guards.provider_calls import MAX_BYTES
from groupchat.http.guards.tokens import COOL_DOWN_SECONDS, FRESH_SECONDS, Tokens
from groupchat.http.streams.streams import Streams
from groupchat.http.streams.watch import StreamLimits
from groupchat.settings import SettingsError, from_environment
from tests.http.identity_provider import identity_provider, rsa_jwk
from tests.http.listening import listening
from tests.http.site import assert_problem, open_site, path_of

ANN = "ann@example.com"
PATIENCE = 10.0
"""The time that a provider has in these tests: more than a busy machine needs."""
LITTLE = 0.3
"""The time that a silent provider has."""


class Clock:
    """Time as a test wants it."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def database_url(sqlite_url):
    """One database is enough: nothing of this depends on which it is."""
    return sqlite_url


@pytest.fixture
async def provider():
    async with identity_provider() as provider:
        yield provider


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def patience():
    """How long the provider may take, in seconds."""
    return PATIENCE


@pytest.fixture
async def site(store, provider, clock, patience):
    """The API, which takes the provider's tokens, too."""
    streams = Streams(store, StreamLimits(heartbeat=0.01))
    async with open_site(
        store, workers=None, tokens=Tokens(provider.provider(), clock, fetch_seconds=patience), streams=streams
    ) as site:
        yield site


@pytest.fixture
def good(provider, site):
    """Return a function that signs tokens of the workspace's owner."""
    return lambda **given: provider.token(site.world.who.workspace_id, given.pop("email", ANN), **given)


async def me(site, token):
    return await site.client.get("/v1/users/me", headers={"Authorization": f"Bearer {token}"})


def ago(**time):
    return datetime.now(UTC) - timedelta(**time)


async def test_a_good_token_opens_as_the_user_with_its_address(site, good, provider):
    for token in (
        good(),
        good(email="Ann@Example.com", email_verified=True),
        good(key=provider.ec, algorithm="ES256", kid="ec-1"),
        good(aud=["somebody", "groupchat"]),
        good(nbf=None),
    ):
        answer = await me(site, token)
        assert (answer.status_code, answer.json().get("email")) == (200, ANN), answer.text
    assert provider.fetched == 1


async def test_a_write_with_a_token_is_recorded_as_the_users_R31(site, good):
    group = await site.with_key(good()).group()
    history = (await site.get(path_of(group, "history"))).json()["items"]
    assert history[0]["actor"] == {"kind": "user", "id": site.world.who.user.id}


@pytest.mark.parametrize(
    ("users", "others"),
    [
        ("strasse@example.com", "stra\u00dfe@example.com"),
        ("strasse@example.com", "\u017ftrasse@example.com"),
        ("kim@example.com", "\u212aim@example.com"),
        ("office@example.com", "o\ufb03ce@example.com"),
        ("ann@strasse.de", "ann@stra\u00dfe.de"),
    ],
)
async def test_another_persons_mailbox_that_folds_to_the_users_opens_nothing(site, good, users, others):
    await site.post("/v1/users", {"name": "Max", "email": users, "role": "member"})
    assert (await me(site, good(email=users))).json()["email"] == users
    assert (await me(site, good(email=others))).status_code == 401


async def test_api_keys_open_as_before(site):
    assert (await me(site, site.key)).json()["email"] == ANN


async def test_a_token_that_is_not_good_opens_nothing(site, good, provider):
    stranger = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    unfit = {
        "expired": good(exp=ago(minutes=1)),
        "not yet": good(nbf=datetime.now(UTC) + timedelta(minutes=5)),
        "no expiry": good(exp=None),
        "another audience": good(aud="payroll"),
        "no audience": good(aud=None),
        "another issuer": good(iss="https://evil.example.com/"),
        "no issuer": good(iss=None),
        "another's signature": good(key=stranger),
        "a key of another kind": good(kid="ec-1"),
        "an unknown key": good(kid="rsa-2"),
        "no key": good(kid=None),
        "an algorithm that is not accepted": good(algorithm="RS512"),
        "an unknown user": good(email="eve@example.com"),
        "a mailbox that only looks like the user's": good(email=ANN.replace("a", "\u00aa", 1)),
        "no address": good(email=None),
        "an address that is not verified": good(email_verified=False),
        "an address that is said to be verified": good(email_verified="true"),
        "another workspace": provider.token("wsp_none", ANN),
        "no workspace": provider.token(None, ANN),
        "a workspace with a NUL": provider.token("wsp_\0", ANN),
        "an expiry that is never": good(exp=10**17),
        "unsigned": jwt.encode({"email": ANN, "groupchat_workspace": site.world.who.workspace_id}, None, algorithm="none"),
        "signed by HMAC with the public key": forged(good(), provider),
        "cut off": good()[:-20],
        "no token": "abc.def.ghi",
        "nothing of the kind": "hello",
    }
    for why, token in unfit.items():
        answer = await me(site, token)
        assert answer.status_code == 401, why
        problem = assert_problem(answer, "unauthenticated", 401)
        assert token not in problem["detail"]


def forged(token, provider):
    """Return the token, signed with the public key as if it were a secret."""
    public = provider.rsa.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    header = encoded({"alg": "HS256", "typ": "JWT", "kid": "rsa-1"})
    payload = token.split(".")[1]
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(f"{header}.{payload}".encode(), public)
    return f"{header}.{payload}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


async def test_without_a_provider_no_token_opens(store, provider):
    async with open_site(store, workers=None) as site:
        assert_problem(await me(site, provider.token(site.world.who.workspace_id, ANN)), "unauthenticated", 401)


async def test_keys_that_the_provider_changes_are_learned_when_they_are_first_seen(site, good, provider, clock):
    assert (await me(site, good())).status_code == 200
    newer = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    provider.published = [rsa_jwk(newer, "rsa-2")]

    assert (await me(site, good(key=newer, kid="rsa-2"))).status_code == 401  # asked a moment ago
    clock.now += COOL_DOWN_SECONDS
    assert (await me(site, good(key=newer, kid="rsa-2"))).status_code == 200
    assert (await me(site, good())).status_code == 401
    assert provider.fetched == 2


async def test_made_up_keys_do_not_make_us_ask_again_and_again(site, good, provider):
    await asyncio.gather(*(me(site, good(kid=f"rsa-{n}")) for n in range(2, 12)))
    assert provider.fetched == 1


async def test_a_key_that_was_withdrawn_is_forgotten_in_time(site, good, provider, clock):
    assert (await me(site, good())).status_code == 200
    provider.published = []
    assert (await me(site, good())).status_code == 200
    clock.now += FRESH_SECONDS + 1
    async with asyncio.timeout(10):
        while (answer := await me(site, good())).status_code == 200:
            pass
    assert answer.status_code == 503  # the provider publishes none at all
    assert provider.fetched == 2


NONSENSE = {
    "a page": b"<html>",
    "no set": b"[]",
    "no list": b'{"keys": 7}',
    "a list as key id": b'{"keys": [{"kty": "RSA", "kid": ["rsa-1"]}]}',
    "nested too deeply": b"[" * 100_000,
    "too long": b" " * (MAX_BYTES + 1),
}


@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE)
async def test_an_answer_that_is_not_a_key_set_makes_tokens_wait_and_is_never_an_error_of_ours(site, good, provider, answer):
    provider.nonsense = answer
    assert_problem(await me(site, good()), "unavailable", 503)


async def test_a_silent_provider_delays_no_token_whose_key_is_known(site, good, provider, clock):
    assert (await me(site, good())).status_code == 200
    provider.silent = True
    clock.now += FRESH_SECONDS + 1
    async with asyncio.timeout(PATIENCE / 2):
        assert [(await me(site, good())).status_code for _ in range(3)] == [200] * 3


@pytest.mark.parametrize("patience", [LITTLE])
async def test_a_silent_provider_whose_keys_are_not_known_is_unavailable(site, good, provider):
    provider.silent = True
    assert_problem(await me(site, good()), "unavailable", 503)


@pytest.mark.parametrize(("trouble", "how"), [("down", True), ("nonsense", b"<html>")])
async def test_while_the_provider_is_down_new_tokens_fail_and_known_keys_work(site, good, provider, clock, trouble, how):
    setattr(provider, trouble, how)
    answer = await me(site, good())
    assert_problem(answer, "unavailable", 503)
    assert answer.headers["Retry-After"]
    assert (await me(site, site.key)).status_code == 200

    setattr(provider, trouble, None if trouble == "nonsense" else False)
    clock.now += COOL_DOWN_SECONDS
    assert (await me(site, good())).status_code == 200
    setattr(provider, trouble, how)
    clock.now += FRESH_SECONDS + 1
    async with asyncio.timeout(10):
        while provider.fetched < 3:
            assert (await me(site, good())).status_code == 200
    assert (await me(site, good())).status_code == 200


async def test_the_algorithm_that_a_token_names_is_not_trusted(site, good):
    unfit = good(algorithm="HS256", key="x" * 32)
    assert "algorithm" in assert_problem(await me(site, unfit), "unauthenticated", 401)["detail"]


async def test_a_stream_ends_when_its_token_does(site, good, monkeypatch):
    async with listening(site.with_key(good())) as stream:
        later = datetime.now(UTC) + timedelta(minutes=6)
        monkeypatch.setattr(site.store, "_clock", lambda: later)
        assert await stream.rest() == []


@pytest.mark.parametrize("given", [("ISSUER",), ("ISSUER", "AUDIENCE"), ("JWKS_URL",)])
def test_an_identity_provider_is_described_completely_or_not_at_all(given):
    environment = {f"GROUPCHAT_OIDC_{name}": "https://id.example.com/" for name in given}
    with pytest.raises(SettingsError, match="GROUPCHAT_OIDC_"):
        from_environment(environment)


@pytest.mark.parametrize("name", ["ISSUER", "JWKS_URL"])
def test_an_identity_providers_addresses_are_judged_as_all_web_addresses(name):
    described = {"ISSUER": "HTTPS://id.example.com", "AUDIENCE": "groupchat", "JWKS_URL": "https://[::1]:8443/keys?v=1"}
    environment = {f"GROUPCHAT_OIDC_{key}": value for key, value in described.items()}
    assert from_environment(environment).oidc_issuer == "HTTPS://id.example.com"
    for wrong in ("id.example.com", "https:///keys", "https://id.example.com/a b", "ftp://id.example.com"):
        with pytest.raises(SettingsError, match=f"GROUPCHAT_OIDC_{name} is not a web address"):
            from_environment(environment | {f"GROUPCHAT_OIDC_{name}": wrong})


@pytest.mark.parametrize("algorithms", ["HS256", "none", "RS256,HS256", "RS256, ES256", ""])
def test_only_asymmetric_algorithms_can_be_set(algorithms):
    environment = {"GROUPCHAT_OIDC_ALGORITHMS": algorithms}
    if not algorithms:  # which counts as unset
        assert from_environment(environment).oidc_algorithms == "RS256,ES256"
        return
    with pytest.raises(SettingsError, match="GROUPCHAT_OIDC_ALGORITHMS"):
        from_environment(environment)
