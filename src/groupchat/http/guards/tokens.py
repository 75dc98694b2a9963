"""Logging in by an outside identity provider: bearer JWTs, checked against the provider's published keys (OpenID Connect's JWKS).

A token says which workspace (a claim that the operator names) and whose e-mail address; the user is the one of that workspace
who has the address. Algorithms are a fixed list of asymmetric ones: a token can't choose `none`, or an HMAC with a public key
as its secret.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import httpx
import jwt
import structlog
from msgspec import Struct

from groupchat.aggregates.workspace import User, Workspace
from groupchat.commands.caller import UnauthenticatedError
from groupchat.values.errors import RefusalError

FETCH_SECONDS = 5.0
FRESH_SECONDS = 300.0
"""How old the provider's keys may be before they are fetched again; if that fails, those known go on."""
COOL_DOWN_SECONDS = 10.0
"""The shortest time between two fetches, whatever tokens come."""
LEEWAY_SECONDS = 10.0
"""How far the provider's clock may be from ours."""
MAX_BYTES = 1_048_576
_PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")

log = structlog.get_logger()


class Provider(Struct, frozen=True, kw_only=True):
    """An identity provider, as the operator describes it."""

    issuer: str
    audience: str
    jwks_url: str
    algorithms: tuple[str, ...]
    workspace_claim: str


class ProviderUnavailableError(RefusalError):
    """The provider's keys are not known and can't be fetched now."""

    slug = "unavailable"

    def __init__(self) -> None:
        super().__init__("The identity provider's keys can't be fetched at the moment. Try again.")


class _UnfitError(jwt.InvalidTokenError):
    """The token is not one that is taken here, for a reason that may be shown."""


class TokenLogin(Struct, frozen=True):
    """A token that was checked. `id` names whoever holds it, for limits."""

    workspace_id: str
    email: str
    expires_at: datetime

    @property
    def id(self) -> str:
        """The holder."""
        return f"{self.workspace_id}/{self.email}"

    def holder(self, state: Workspace, moment: datetime) -> User | None:
        """Return the workspace's user with the token's address, while the token holds."""
        if moment >= self.expires_at:
            return None
        return next((user for user in state.users.values() if user.email.casefold() == self.email), None)


class Tokens:
    """Checks tokens of one provider. Its keys are fetched when they are first needed, when old, and for a key that is not known."""

    def __init__(self, provider: Provider, now: Callable[[], float] = monotonic) -> None:
        self._provider = provider
        self._now = now
        self._keys: dict[str | None, dict[str, Any]] = {}
        self._made: dict[tuple[str | None, str], jwt.PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def read(self, token: str) -> TokenLogin:
        """Return a token's login.

        Raises `UnauthenticatedError`, or `ProviderUnavailableError` where no key is known to check it by.
        """
        try:
            header = jwt.get_unverified_header(token)
            key = await self._key(header)
            claims = jwt.decode(
                token,
                key,
                algorithms=list(self._provider.algorithms),
                audience=self._provider.audience,
                issuer=self._provider.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud"]},
            )
            return self._login(claims)
        except jwt.PyJWTError as error:
            msg = f"This token is not valid: {_reason(error)}."
            raise UnauthenticatedError(msg) from error

    async def _key(self, header: Mapping[str, Any]) -> jwt.PyJWK:
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in self._provider.algorithms:
            msg = "its algorithm is not accepted"
            raise _UnfitError(msg)
        if self._now() - self._fetched_at > FRESH_SECONDS or kid not in self._keys:
            await self._fetch()
        if not self._keys:
            raise ProviderUnavailableError
        found = self._keys.get(kid)
        if found is None or found.get("alg", algorithm) != algorithm:
            msg = "its key is not one of the provider's"
            raise _UnfitError(msg)
        if (kid, algorithm) not in self._made:
            self._made[kid, algorithm] = jwt.PyJWK(found, algorithm)
        return self._made[kid, algorithm]

    async def _fetch(self) -> None:
        """Fetch the keys, at most once in a while; what is known stays if that fails."""
        async with self._fetching:
            if self._now() - self._tried_at < COOL_DOWN_SECONDS:
                return
            self._tried_at = self._now()
            try:
                found = await _published(self._provider.jwks_url)
            except (httpx.HTTPError, ValueError) as error:
                log.warning("jwks_unreachable", error=type(error).__name__, known=len(self._keys))
                return
            self._keys, self._made, self._fetched_at = found, {}, self._now()

    def _login(self, claims: Mapping[str, Any]) -> TokenLogin:
        workspace_id, email = claims.get(self._provider.workspace_claim), claims.get("email")
        if not isinstance(workspace_id, str) or not isinstance(email, str) or "\0" in workspace_id:
            msg = f"it needs the claims {self._provider.workspace_claim} and email"
            raise _UnfitError(msg)
        if claims.get("email_verified", True) is not True:
            msg = "its e-mail address is not verified"
            raise _UnfitError(msg)
        try:
            expires_at = datetime.fromtimestamp(int(claims["exp"]) + LEEWAY_SECONDS, UTC)
        except (OSError, OverflowError, ValueError) as error:
            msg = "it expires at no time that there is"
            raise _UnfitError(msg) from error
        return TokenLogin(workspace_id, email.casefold(), expires_at)


async def _published(url: str) -> dict[str | None, dict[str, Any]]:
    """Return the provider's keys for signatures by their id; raises `httpx.HTTPError`, or `ValueError` for what is no key set."""
    async with asyncio.timeout(FETCH_SECONDS), httpx.AsyncClient(timeout=FETCH_SECONDS) as client:
        response = await client.get(url)
    response.raise_for_status()
    published = response.json()
    listed = published.get("keys") if isinstance(published, dict) else None
    if not isinstance(listed, list) or len(response.content) > MAX_BYTES:
        msg = "this is no JSON Web Key Set"
        raise ValueError(msg)
    public = (each for each in listed if isinstance(each, dict) and each.get("use", "sig") == "sig")
    return {each.get("kid"): {name: value for name, value in each.items() if name not in _PRIVATE} for each in public}


def _reason(error: jwt.PyJWTError) -> str:
    return str(error) if isinstance(error, _UnfitError) else _REASONS.get(type(error), "it can't be checked")


_REASONS: dict[type[jwt.PyJWTError], str] = {
    jwt.ExpiredSignatureError: "it has expired",
    jwt.ImmatureSignatureError: "it does not hold yet",
    jwt.InvalidAudienceError: "it is for another audience",
    jwt.InvalidIssuerError: "it has another issuer",
    jwt.InvalidSignatureError: "its signature is wrong",
    jwt.DecodeError: "it can't be read",
    jwt.MissingRequiredClaimError: "it lacks a claim of exp, iss and aud",
}
