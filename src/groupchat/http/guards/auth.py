"""Authentication: a bearer's API key or token becomes a `Caller`, within the rate limits.

An API key begins with `gck_`; anything else is a token of the identity provider, if one is configured (`tokens.py`).
"""

from collections.abc import Awaitable, Callable

from msgspec import Struct

from groupchat.aggregates.workspace_state import User
from groupchat.commands import keys, logins
from groupchat.commands.caller import Caller, UnauthenticatedError
from groupchat.commands.logins import Login
from groupchat.http.guards.sessions import session_key
from groupchat.http.guards.sign_in import SignInRefusedError
from groupchat.http.guards.throttle import Throttle
from groupchat.http.guards.tokens import Tokens
from groupchat.http.web.request import Incoming
from groupchat.store.event_store import EventStore
from groupchat.store.last_uses import LastUses


class Door(Struct, frozen=True):
    """Authenticates callers. Without `tokens`, only API keys are accepted."""

    store: EventStore
    throttle: Throttle
    tokens: Tokens | None
    last_uses: LastUses

    async def admit(self, incoming: Incoming, key: str | None = None) -> Caller:
        """Return the caller, by the login that they showed: in a header or a session's cookie, or else as `key`.

        Raises `UnauthenticatedError` without a valid key, `TooManyRequestsError` for a key or workspace over its rate limit, or
        after too many failures from the client's address, and `ProviderUnavailableError`. A login that is remembered as valid is
        accepted from any address.
        """
        try:
            login = await self._login(_shown(incoming) if key is None else key)
            user = logins.known(self.store, login) or await self._ask(login, _address(incoming))
        except UnauthenticatedError:
            self._count_failure(incoming)
            raise
        return self._admitted(incoming, login, user)

    async def admit_signed_in(self, incoming: Incoming, finish: Callable[[], Awaitable[Login]]) -> Caller:
        """Return the caller who signs in through the identity provider, by the login that `finish` returns.

        Raises the errors of `admit`, and `SignInRefusedError`. An address with too many failures is refused before the provider is
        asked.
        """
        self.throttle.refuse_barred(_address(incoming))
        try:
            login = await finish()
            user = await self._ask(login, _address(incoming))
        except (UnauthenticatedError, SignInRefusedError):
            self._count_failure(incoming)
            raise
        return self._admitted(incoming, login, user)

    def _count_failure(self, incoming: Incoming) -> None:
        self.throttle.refuse_barred(_address(incoming))
        self.throttle.failed(_address(incoming))

    def _admitted(self, incoming: Incoming, login: Login, user: User) -> Caller:
        if (share := self.throttle.count(login.id, login.workspace_id)) is not None:
            incoming.more = share.headers
            share.require()
        self.last_uses.note(login.id, self.store.now())
        return Caller(login.workspace_id, user, incoming.correlation_id, login)

    async def _ask(self, login: Login, address: str) -> User:
        """Return the user that the database has for a login."""
        self.throttle.refuse_barred(address)
        user = await logins.user_of(self.store, login)
        if user is None:
            msg = "This API key or token is not valid."
            raise UnauthenticatedError(msg)
        return user

    async def _login(self, shown: str) -> Login:
        if self.tokens is not None and not keys.is_key(shown):
            return await self.tokens.read(shown)
        login = keys.read(shown)
        if login is None:
            msg = "This API key is not valid."
            raise UnauthenticatedError(msg)
        return login


def _shown(incoming: Incoming) -> str:
    """Return the API key or token of a request; raises `UnauthenticatedError` without one, `CrossSiteRequestError`."""
    written = incoming.headers.get(b"authorization")
    if written is None and (key := session_key(incoming)) is not None:
        return key
    scheme, _, shown = (written or b"").partition(b" ")
    if scheme.lower() != b"bearer" or not shown:
        msg = "Send your API key in the header Authorization: Bearer <api key>."
        raise UnauthenticatedError(msg)
    return shown.strip().decode("latin-1")


def _address(incoming: Incoming) -> str:
    client = incoming.scope.get("client")
    return client[0] if client else ""
