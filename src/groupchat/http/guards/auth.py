"""Who is calling: a bearer's API key or token becomes a `Caller`, within the limits on how often one may ask.

An API key begins with `gck_`; anything else is a token of the identity provider, where one is set up (`tokens.py`).
"""

from groupchat.aggregates.workspace import User
from groupchat.commands import keys, logins
from groupchat.commands.caller import Caller, UnauthenticatedError
from groupchat.commands.logins import Login
from groupchat.http.services import Services
from groupchat.http.web.codec import Incoming


async def authenticate(services: Services, incoming: Incoming) -> tuple[Caller, Login]:
    """Return the caller and what he showed.

    Raises `UnauthenticatedError` without a valid key, `TooManyRequestsError` for one who asks too often, or whose client's
    address has failed too often, `ProviderUnavailableError`. Who is remembered as valid is let in from any address.
    """
    try:
        login = await _login(services, incoming)
        user = logins.known(services.store, login) or await _ask(services, login, _address(incoming))
    except UnauthenticatedError:
        services.throttle.refuse_barred(_address(incoming))
        services.throttle.failed(_address(incoming))
        raise
    services.throttle.admit(login.id)
    services.last_uses.note(login.id, services.clock())
    incoming.who = Caller(login.workspace_id, user, incoming.correlation_id, login)
    return incoming.who, login


async def _ask(services: Services, login: Login, address: str) -> User:
    """Return whom the database knows by a login."""
    services.throttle.refuse_barred(address)
    user = await logins.user_of(services.store, login)
    if user is None:
        msg = "This API key or token is not valid."
        raise UnauthenticatedError(msg)
    return user


async def _login(services: Services, incoming: Incoming) -> Login:
    scheme, _, written = incoming.headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() != b"bearer" or not written:
        msg = "Send your API key in the header Authorization: Bearer <api key>."
        raise UnauthenticatedError(msg)
    shown = written.strip().decode("latin-1")
    if services.tokens is not None and not keys.is_key(shown):
        return await services.tokens.read(shown)
    login = keys.read(shown)
    if login is None:
        msg = "This API key is not valid."
        raise UnauthenticatedError(msg)
    return login


def _address(incoming: Incoming) -> str:
    client = incoming.scope.get("client")
    return client[0] if client else ""
