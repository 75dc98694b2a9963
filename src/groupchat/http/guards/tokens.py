"""Logging in through an identity provider: bearer JWTs, checked against the provider's published keys (OpenID Connect's JWKS).

A token names a workspace (in a claim that the operator chooses) and an e-mail address; the user is the one of that workspace who
has the address. Algorithms are a fixed list of asymmetric ones, so a token can't choose `none`, or an HMAC with a public key as its
secret.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import jwt
import structlog
from msgspec import Struct

from groupchat.aggregates.workspace_state import User, Workspace
from groupchat.commands.caller import UnauthenticatedError
from groupchat.http.guards.provider_calls import UnreachableError, fetch_object
from groupchat.values.email import mailbox
from groupchat.values.errors import RefusalError

FETCH_SECONDS = 5.0
FRESH_SECONDS = 300.0
"""The age at which the provider's keys are fetched again. Meanwhile, and if that fails, the known keys stay in use."""
COOL_DOWN_SECONDS = 10.0
"""The shortest time between two fetches, whatever tokens arrive."""
LEEWAY_SECONDS = 10.0
"""The allowed difference between the provider's clock and ours."""
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
    """The provider does not respond, or not as it should."""

    slug = "unavailable"

    def __init__(self) -> None:
        super().__init__("The identity provider can't be reached at the moment. Try again.")


class _UnfitError(jwt.InvalidTokenError):
    """The token is not accepted, for a reason that may be shown."""


class TokenLogin(Struct, frozen=True):
    """A token that was checked, for a `values.email.mailbox`. `id` identifies its user for rate limits."""

    workspace_id: str
    mailbox: str
    expires_at: datetime

    @property
    def id(self) -> str:
        """The holder."""
        return f"{self.workspace_id}/{self.mailbox}"

    def holder(self, state: Workspace, moment: datetime) -> User | None:
        """Return the workspace's user with the token's address, while the token is valid."""
        if moment >= self.expires_at:
            return None
        return next((user for user in state.users.values() if user.active and mailbox(user.email) == self.mailbox), None)


class Tokens:
    """Checks tokens of one provider. Its keys are fetched when first needed, when old, and for an unknown key."""

    def __init__(self, provider: Provider, now: Callable[[], float] = monotonic, *, fetch_seconds: float = FETCH_SECONDS) -> None:
        self._provider = provider
        self._now = now
        self._fetch_seconds = fetch_seconds
        self._keys: dict[str | None, dict[str, Any]] = {}
        self._made: dict[tuple[str | None, str], jwt.PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._fetching = asyncio.Lock()
        self._refreshing: asyncio.Task[None] | None = None

    @property
    def issuer(self) -> str:
        """The provider's issuer."""
        return self._provider.issuer

    async def read(self, token: str) -> TokenLogin:
        """Return the login of a bearer's token.

        Raises `UnauthenticatedError`, or `ProviderUnavailableError` if there is no key to check it with.
        """
        return await self._read(token, self._provider.audience, lambda _: None)

    async def read_id_token(self, token: str, client_id: str, nonce: str) -> TokenLogin:
        """Return the login of an id token that a client received for one sign-in. Raises the same errors as `read`."""

        def check(claims: Mapping[str, Any]) -> None:
            if claims.get("nonce") != nonce:
                msg = "it is for another sign-in"
                raise _UnfitError(msg)
            if claims.get("azp", client_id if isinstance(claims["aud"], str) else None) != client_id:
                msg = "it was issued to another client"
                raise _UnfitError(msg)

        return await self._read(token, client_id, check)

    async def _read(self, token: str, audience: str, check: Callable[[Mapping[str, Any]], None]) -> TokenLogin:
        try:
            header = jwt.get_unverified_header(token)
            key = await self._key(header)
            claims = jwt.decode(
                token,
                key,
                algorithms=list(self._provider.algorithms),
                audience=audience,
                issuer=self._provider.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud"]},
            )
            check(claims)
            return self._login(claims)
        except jwt.PyJWTError as error:
            msg = f"This token is not valid: {_reason(error)}."
            raise UnauthenticatedError(msg) from error

    async def _key(self, header: Mapping[str, Any]) -> jwt.PyJWK:
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in self._provider.algorithms:
            msg = "its algorithm is not accepted"
            raise _UnfitError(msg)
        if kid not in self._keys:
            await self._fetch()
        elif self._now() - self._fetched_at > FRESH_SECONDS:
            self._refresh()
        if not self._keys:
            raise ProviderUnavailableError
        found = self._keys.get(kid)
        if found is None or found.get("alg", algorithm) != algorithm:
            msg = "its key is not one of the provider's"
            raise _UnfitError(msg)
        if (kid, algorithm) not in self._made:
            self._made[kid, algorithm] = jwt.PyJWK(found, algorithm)
        return self._made[kid, algorithm]

    def _refresh(self) -> None:
        """Fetch the keys while requests continue with the known ones, so that a slow provider doesn't make its users wait."""
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self._fetch())

    async def _fetch(self) -> None:
        """Fetch the keys, at most once per `COOL_DOWN_SECONDS`; if that fails, the known keys stay."""
        async with self._fetching:
            if self._now() - self._tried_at < COOL_DOWN_SECONDS:
                return
            self._tried_at = self._now()
            try:
                found = await _published(self._provider.jwks_url, self._fetch_seconds)
            except (UnreachableError, ValueError) as error:
                log.warning("jwks_unreachable", error=str(error), known=len(self._keys))
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
            msg = "its expiry is not a valid time"
            raise _UnfitError(msg) from error
        return TokenLogin(workspace_id, mailbox(email), expires_at)


async def _published(url: str, seconds: float) -> dict[str | None, dict[str, Any]]:
    """Return the provider's keys for signatures by their id.

    Raises `UnreachableError`, or `ValueError` for a response that is not a JSON Web Key Set.
    """
    _, published = await fetch_object("GET", url, seconds)
    try:
        usable = [each for each in published["keys"] if isinstance(each, dict) and each.get("use", "sig") == "sig"]
        return {_kid(each): {name: value for name, value in each.items() if name not in _PRIVATE} for each in usable}
    except (KeyError, TypeError) as error:
        msg = "not a JSON Web Key Set"
        raise ValueError(msg) from error


def _kid(key: Mapping[str, Any]) -> str | None:
    kid = key.get("kid")
    if kid is not None and not isinstance(kid, str):
        msg = "a key's `kid` is not a string"
        raise ValueError(msg)
    return kid


def _reason(error: jwt.PyJWTError) -> str:
    return str(error) if isinstance(error, _UnfitError) else _REASONS.get(type(error), "it can't be checked")


_REASONS: dict[type[jwt.PyJWTError], str] = {
    jwt.ExpiredSignatureError: "it has expired",
    jwt.ImmatureSignatureError: "it is not valid yet",
    jwt.InvalidAudienceError: "it is for another audience",
    jwt.InvalidIssuerError: "it has another issuer",
    jwt.InvalidSignatureError: "its signature is wrong",
    jwt.DecodeError: "it can't be read",
    jwt.MissingRequiredClaimError: "it lacks a claim of exp, iss and aud",
}
