"""Signing in through the identity provider: OpenID Connect's authorization code flow with PKCE.

A sign-in is a random secret in a cookie of the browser that began it. The state, the nonce and the code verifier are derived from
the secret, so the server remembers nothing, any process can finish the sign-in, and its callback is of no use in another browser.
"""

import re
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from hmac import compare_digest
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

import structlog
from msgspec import Struct

from groupchat.commands.caller import UnauthenticatedError
from groupchat.http.guards.cookies import ServerCookie
from groupchat.http.guards.provider_calls import UnreachableError, fetch_object
from groupchat.http.guards.tokens import FETCH_SECONDS, ProviderUnavailableError, TokenLogin, Tokens
from groupchat.http.web.request import Incoming
from groupchat.values.errors import RefusalError

CALLBACK = "/v1/sign-in/callback"
LIFE_SECONDS = 600
"""The time that a person has for signing in at the provider."""
_COOKIE = ServerCookie("groupchat-sign-in", LIFE_SECONDS, "Lax")
_ERROR = re.compile(r"[a-z_]{1,40}")
_AGAIN = "Begin the sign-in again."

log = structlog.get_logger()


class SignInRefusedError(RefusalError):
    """The sign-in did not succeed; the detail says why."""

    slug = "sign-in-refused"


class Client(Struct, frozen=True, kw_only=True):
    """This server as a client of the identity provider, as the operator registered it. Without a secret, it is a public client."""

    client_id: str
    client_secret: str | None = None
    authorization_url: str
    token_url: str
    scopes: str = "openid email"
    redirect_uri: str


class WayBack(Struct, frozen=True, kw_only=True):
    """The parameters that the provider sends the browser back with. Others are ignored, as the standard requires."""

    code: str = ""
    state: str = ""
    error: str | None = None
    iss: str | None = None


class SignInAttempt(Struct, frozen=True):
    """A sign-in that a browser has begun."""

    secret: str

    @property
    def state(self) -> str:
        """The value that shows that a callback belongs to this browser."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """The value that binds the id token to this sign-in."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """PKCE's code verifier."""
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """PKCE's challenge, by the method S256."""
        return urlsafe_b64encode(sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()

    def _derived(self, purpose: str) -> str:
        return sha256(f"{purpose} {self.secret}".encode()).hexdigest()


class SignIn:
    """Signs people in through one provider."""

    def __init__(self, client: Client, tokens: Tokens, *, seconds: float = FETCH_SECONDS) -> None:
        self._client = client
        self._tokens = tokens
        self._seconds = seconds

    @property
    def provider(self) -> str:
        """The provider's name: the host of its issuer."""
        return urlsplit(self._tokens.issuer).netloc

    def begin(self) -> tuple[SignInAttempt, str]:
        """Return a new attempt, and the provider's address to send the browser to."""
        attempt = SignInAttempt(secrets.token_urlsafe(32))
        asked = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": self._client.redirect_uri,
            "scope": self._client.scopes,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        address = urlsplit(self._client.authorization_url)
        return attempt, address._replace(query=urlencode([*parse_qsl(address.query), *asked.items()])).geturl()

    async def finish(self, attempt: SignInAttempt | None, callback: WayBack) -> TokenLogin:
        """Return the login of the person who signed in.

        Raises `SignInRefusedError`, or `ProviderUnavailableError` if the provider does not answer.
        """
        if attempt is None or not compare_digest(callback.state.encode(), attempt.state.encode()):
            msg = f"This browser has not begun this sign-in, or it took longer than {LIFE_SECONDS // 60} minutes. {_AGAIN}"
            raise SignInRefusedError(msg)
        if callback.iss not in (None, self._tokens.issuer):
            msg = f"The response is from another identity provider. {_AGAIN}"
            raise SignInRefusedError(msg)
        if callback.error is not None or not callback.code:
            raise _refused(callback.error)
        token = await self._exchange(attempt, callback.code)
        try:
            return await self._tokens.read_id_token(token, self._client.client_id, attempt.nonce)
        except UnauthenticatedError as error:
            msg = f"The identity provider's response was not accepted. {error.detail}"
            raise SignInRefusedError(msg) from error

    async def _exchange(self, attempt: SignInAttempt, code: str) -> str:
        """Return the id token that the provider gives for a code."""
        try:
            status, answer = await fetch_object("POST", self._client.token_url, self._seconds, **self._request(attempt, code))
        except UnreachableError as error:
            log.warning("sign_in_provider_unreachable", error=str(error))
            raise ProviderUnavailableError from error
        token = answer.get("id_token")
        if status != HTTPStatus.OK or not isinstance(token, str):
            raise _refused(answer.get("error"))
        return token

    def _request(self, attempt: SignInAttempt, code: str) -> dict[str, Any]:
        client = self._client
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": client.redirect_uri,
            "code_verifier": attempt.verifier,
        }
        if client.client_secret is None:
            return {"data": form | {"client_id": client.client_id}}
        return {"data": form, "auth": (quote_plus(client.client_id), quote_plus(client.client_secret))}  # RFC 6749, section 2.3.1


def attempt_of(incoming: Incoming) -> SignInAttempt | None:
    """Return the sign-in that the browser has begun; none without its cookie."""
    secret = _COOKIE.read(incoming)
    return None if secret is None else SignInAttempt(secret)


def attempt_cookie(incoming: Incoming, attempt: SignInAttempt | None) -> bytes:
    """Return the `Set-Cookie` line of an attempt; with none, the one that ends it.

    It is `Lax`, because the browser must send it when it comes back from the provider's site.
    """
    return _COOKIE.line(incoming, "" if attempt is None else attempt.secret)


def _refused(error: object) -> SignInRefusedError:
    """Return the refusal for an error of the provider. Only a code of the standard's form is shown, because anyone can write it."""
    code = f" ({error})" if isinstance(error, str) and _ERROR.fullmatch(error) else ""
    return SignInRefusedError(f"The identity provider did not sign you in{code}. {_AGAIN}")
