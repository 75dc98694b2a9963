"""A browser's session: it begins with an API key, and is in a cookie that the page can't read (`guards/sessions.py`)."""

from datetime import datetime

import msgspec
from msgspec import Struct

from groupchat.aggregates.user_keys import ApiKey
from groupchat.commands import keys
from groupchat.commands.caller import Caller, UnauthenticatedError
from groupchat.http.calls.call import Call
from groupchat.http.calls.handled import Unadmitted
from groupchat.http.calls.positions import read_min_position
from groupchat.http.calls.spec import EVERYWHERE
from groupchat.http.documents import examples
from groupchat.http.guards.sessions import LABEL, LIFE, cookie, csrf_token, require_same_site, session_key
from groupchat.http.inputs.workspace_bodies import SessionInput
from groupchat.http.services import Services
from groupchat.http.web.codec import decode_body, decode_query, read_body
from groupchat.http.web.operation import Body, Content, NoQuery, Operation, Response
from groupchat.http.web.reply import JSON, Reply, encode_json
from groupchat.http.web.request import Incoming
from groupchat.queries.rights import rights_of
from groupchat.store.terms import NO_TERMS
from groupchat.values.event import Moment

PATH = "/v1/session"
_WRITES = ("cross-site-request", "version-conflict")
_DECODER = msgspec.json.Decoder(SessionInput)


class Session(Struct, frozen=True, kw_only=True):
    """A session. Send `csrf_token` in the header `Groupchat-CSRF` of every write."""

    workspace_id: str
    user_id: str
    csrf_token: str
    expires_at: Moment | None


async def _begin(services: Services, incoming: Incoming) -> Reply:
    given = decode_body(_DECODER, incoming, await read_body(incoming, services.body_seconds))
    require_same_site(incoming)
    if not keys.is_key(given.api_key):
        msg = "This API key is not valid."
        raise UnauthenticatedError(msg)
    who = await services.door.admit(incoming, given.api_key)
    call = Call(services, who, {}, NO_TERMS)
    expires_at = services.store.now() + LIFE
    if given.single_use:
        issued = await call.run(keys.exchange_key, given.api_key, expires_at, LABEL)
    else:
        issued = await call.run(keys.issue_key, who.user.id, expires_at, LABEL)
    key = issued.value
    headers = ((b"set-cookie", cookie(incoming, key.api_key)), (b"groupchat-position", b"%d" % issued.position))
    return Reply(201, encode_json(_shown(who, key.api_key, key.expires_at)), JSON, headers)


async def _read(services: Services, incoming: Incoming) -> Reply:
    decode_query(NoQuery, incoming.scope["query_string"])
    position = read_min_position(incoming.headers)
    who, key = await _present(services, incoming)
    if position:
        await services.progress.require_stored(position)
    held = await _held(services, who, key)
    return Reply(200, encode_json(_shown(who, key, held.expires_at)), JSON)


async def _end(services: Services, incoming: Incoming) -> Reply:
    who, key = await _present(services, incoming)
    held = await _held(services, who, key)
    call = Call(services, who, {}, NO_TERMS)
    ended = await call.run(keys.revoke_key, who.user.id, held.id)
    return Reply(204, headers=((b"set-cookie", cookie(incoming, "")), (b"groupchat-position", b"%d" % ended.position)))


async def _present(services: Services, incoming: Incoming) -> tuple[Caller, str]:
    """Return the caller and the key of the session; raises `UnauthenticatedError` without a session."""
    key = session_key(incoming)
    if key is None:
        msg = "There is no session. Sign in with POST /v1/session."
        raise UnauthenticatedError(msg)
    who = await services.door.admit(incoming, key)
    return who, key


async def _held(services: Services, who: Caller, key: str) -> ApiKey:
    """Return the session's key; raises `UnauthenticatedError` if it has just ended."""
    held = (await rights_of(services.store, who)).state.keys.get(keys.hash_of(key))
    if held is None:
        msg = "This session has ended. Sign in again."
        raise UnauthenticatedError(msg)
    return held


def _shown(who: Caller, key: str, expires_at: datetime | None) -> Session:
    return Session(workspace_id=who.workspace_id, user_id=who.user.id, csrf_token=csrf_token(key), expires_at=expires_at)


_CONTENT = {"application/json": Content(shape=Session, example=examples.SESSION)}
_POSITION = {"Groupchat-Position": "Position"}

begin_session = Unadmitted(
    Operation(
        method="POST",
        path=PATH,
        name="begin_session",
        summary="Sign in",
        description="Begin a session in a browser with an API key. The response sets a cookie that scripts can't read. "
        "The session ends after 12 hours, or with `DELETE`. It counts as one of the user's 20 keys. With `single_use`, the key "
        "that you send is revoked.",
        tag="session",
        body=Body(type=SessionInput, examples={"key": examples.NEW_SESSION}),
        responses=(
            Response(status=201, description="Signed in.", contents=_CONTENT, headers=_POSITION | {"Set-Cookie": "SessionCookie"}),
        ),
        problems=(
            *EVERYWHERE,
            *_WRITES,
            "too-many-keys",
            "payload-too-large",
            "request-timeout",
            "unsupported-encoding",
        ),
        public=True,
    ),
    _begin,
)
read_session = Unadmitted(
    Operation(
        method="GET",
        path=PATH,
        name="read_session",
        summary="The session",
        description="Show the session that the cookie belongs to, with its token for writes.",
        tag="session",
        parameters=("MinPosition",),
        responses=(Response(status=200, description="The session.", contents=_CONTENT),),
        problems=(*EVERYWHERE, "cross-site-request", "position-ahead"),
    ),
    _read,
)
end_session = Unadmitted(
    Operation(
        method="DELETE",
        path=PATH,
        name="end_session",
        summary="Sign out",
        description="End the session. After this response, its cookie is no longer valid.",
        tag="session",
        parameters=("Csrf",),
        responses=(Response(status=204, description="Signed out.", headers=_POSITION | {"Set-Cookie": "SessionCookie"}),),
        problems=(*EVERYWHERE, *_WRITES, "last-key"),
    ),
    _end,
)
