"""Signing in through the identity provider, for the console: what is offered, the way there, and the way back."""

from html import escape

from msgspec import Struct
from msgspec.structs import replace

from groupchat.commands import keys
from groupchat.commands.caller import UnauthenticatedError
from groupchat.http.calls.call import Call
from groupchat.http.calls.handled import Unadmitted
from groupchat.http.documents.pages import page
from groupchat.http.documents.problems import PROBLEMS
from groupchat.http.guards.sessions import LABEL, LIFE, cookie
from groupchat.http.guards.sign_in import CALLBACK, SignIn, SignInRefusedError, WayBack, attempt_cookie, attempt_of
from groupchat.http.services import Services
from groupchat.http.web.codec import decode_query
from groupchat.http.web.operation import Content, NoQuery, Operation, Response
from groupchat.http.web.reply import JSON, Reply, encode_json
from groupchat.http.web.request import Incoming
from groupchat.store.terms import NO_TERMS
from groupchat.values.errors import NotFoundError, RefusalError

PATH = "/v1/sign-in"
PROVIDER = f"{PATH}/provider"
SIGNED_IN = b"/#signed-in"
"""Where a sign-in ends: always the console of this server."""
_ANYWHERE = ("bad-message", "invalid-request", "internal-error")


class SignInOffer(Struct, frozen=True):
    """How people can sign in. `provider` is the identity provider's name, none if there is none; an API key always works."""

    provider: str | None


async def _offer(services: Services, incoming: Incoming) -> Reply:
    decode_query(NoQuery, incoming.scope["query_string"])
    offered = None if services.sign_in is None else services.sign_in.provider
    return Reply(200, encode_json(SignInOffer(offered)), JSON)


async def _go(services: Services, incoming: Incoming) -> Reply:
    sign_in = _required(services)
    decode_query(NoQuery, incoming.scope["query_string"])
    attempt, address = sign_in.begin()
    return _redirect(address.encode(), attempt_cookie(incoming, attempt))


async def _return(services: Services, incoming: Incoming) -> Reply:
    try:
        return await _signed_in(services, incoming)
    except RefusalError as refusal:
        if b"text/html" not in incoming.headers.get(b"accept", b""):
            raise
        return _failed(refusal)


async def _signed_in(services: Services, incoming: Incoming) -> Reply:
    sign_in = _required(services)
    callback = decode_query(WayBack, incoming.scope["query_string"])
    attempt = attempt_of(incoming)
    try:
        who = await services.door.admit_signed_in(incoming, lambda: sign_in.finish(attempt, callback))
    except UnauthenticatedError as error:
        msg = "You have signed in, but no user here has your e-mail address. Ask an owner of your workspace to add you."
        raise SignInRefusedError(msg) from error
    call = Call(services, who, {}, NO_TERMS)
    issued = await call.run(keys.issue_key, who.user.id, services.store.now() + LIFE, LABEL)
    return _redirect(SIGNED_IN, cookie(incoming, issued.value.api_key), attempt_cookie(incoming, None))


def _required(services: Services) -> SignIn:
    if services.sign_in is None:
        msg = "This server has no identity provider for signing in."
        raise NotFoundError(msg)
    return services.sign_in


def _redirect(address: bytes, *cookies: bytes) -> Reply:
    headers = ((b"location", address), (b"cache-control", b"no-store"), (b"referrer-policy", b"no-referrer"))
    return Reply(303, headers=(*headers, *((b"set-cookie", each) for each in cookies)))


def _failed(refusal: RefusalError) -> Reply:
    """Return a refusal as a page, because the browser shows it to a person."""
    text = f'<h1>Not signed in</h1><p>{escape(refusal.detail)}</p><p><a href="/">Back to the console</a></p>'
    return replace(page("Not signed in", text), status=PROBLEMS[refusal.slug].status, slug=refusal.slug)


_REDIRECT = {"Location": "Destination", "Set-Cookie": "SignInCookie"}

read_sign_in = Unadmitted(
    Operation(
        method="GET",
        path=PATH,
        name="read_sign_in",
        summary="How to sign in",
        description="Show whether people can sign in through an identity provider.",
        tag="session",
        responses=(
            Response(
                status=200,
                description="How people can sign in.",
                contents={"application/json": Content(shape=SignInOffer, example={"provider": "id.example.com"})},
            ),
        ),
        problems=_ANYWHERE,
        public=True,
    ),
    _offer,
)
go_to_provider = Unadmitted(
    Operation(
        method="GET",
        path=PROVIDER,
        name="go_to_provider",
        summary="Go to the identity provider",
        description="Send the browser to the identity provider, with a cookie that belongs to this sign-in only.",
        tag="session",
        responses=(Response(status=303, description="To the identity provider.", headers=_REDIRECT),),
        problems=(*_ANYWHERE, "not-found"),
        public=True,
    ),
    _go,
)
return_from_provider = Unadmitted(
    Operation(
        method="GET",
        path=CALLBACK,
        name="return_from_provider",
        summary="Return from the identity provider",
        description="Finish a sign-in that this browser has begun, and begin a session. Other parameters of the identity provider "
        "are ignored. A browser gets a page instead of a problem.",
        tag="session",
        query=WayBack,
        responses=(Response(status=303, description="To the console, signed in.", headers=_REDIRECT),),
        problems=(
            *_ANYWHERE,
            "not-found",
            "sign-in-refused",
            "too-many-requests",
            "too-many-keys",
            "version-conflict",
            "unavailable",
        ),
        public=True,
    ),
    _return,
)
