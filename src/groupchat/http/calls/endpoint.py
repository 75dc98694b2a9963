"""One operation of the API: what its signature says is what is parsed, answered and documented.

`async def send_message(call: Writing[NewMessage]) -> Written[Message]` takes the body as its type, and answers with the position.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from groupchat.commands.caller import Caller
from groupchat.http.calls.conditional import VERSIONED, etag, read_if_match, versioned_id
from groupchat.http.calls.idempotency import Once, digest, pack, read_key, running, unpack, without_secret
from groupchat.http.calls.lists import PageOf
from groupchat.http.guards.auth import authenticate
from groupchat.http.refusals import IdempotencyKeyReusedError
from groupchat.http.services import Services
from groupchat.http.web.codec import Incoming, decode_body, decode_query, read_body, read_min_position, read_path
from groupchat.http.web.reply import CSV, JSON, Reply, encode_json
from groupchat.queries.views import Views
from groupchat.store.answers import Kept, Key
from groupchat.store.event_store import EventStore, Outcome
from groupchat.store.refusals import OverloadedError
from groupchat.store.terms import AnsweredBeforeError, Expected, PreconditionFailedError, Remember, Terms
from groupchat.values.errors import InvalidRequestError, RefusalError
from groupchat.values.event import Recorded

P = ParamSpec("P")
T = TypeVar("T")
W = TypeVar("W", bound="Written[Any]")
B = TypeVar("B")
Q = TypeVar("Q")


class Conditions(Struct, frozen=True):
    """What a write's headers ask for: `If-Match`, `Idempotency-Key`."""

    expected: Expected | None = None
    once: Once | None = None


NO_CONDITIONS = Conditions()


class Call(Struct, frozen=True):
    """A request that is read: who makes it, the path's parameters, and under which conditions."""

    services: Services
    who: Caller
    path: dict[str, str]
    conditions: Conditions

    @property
    def store(self) -> EventStore:
        """The event store."""
        return self.services.store

    @property
    def views(self) -> Views:
        """The read models."""
        return self.services.views

    @property
    def deciding(self) -> EventStore:
        """The event store for the request's own command, which is refused where `If-Match` does not hold."""
        expected = self.conditions.expected
        return self.store if expected is None else self.store.under(Terms(expected))

    async def answer(
        self,
        answer: Callable[[Outcome[T]], Awaitable[W]],
        command: Callable[Concatenate[EventStore, Caller, P], Awaitable[Outcome[T]]],
        *args: P.args,
        **given: P.kwargs,
    ) -> W:
        """Give a command, and return what `answer` makes of its outcome. Every `POST` answers in this way.

        With an idempotency key the answer is made before the append, and kept in it: `answer` may read, but change nothing. Raises
        the command's refusal, `AnsweredBeforeError` where the key has an answer.
        """
        once = self.conditions.once
        if once is None:
            return await answer(await command(self.deciding, self.who, *args, **given))
        made: list[W] = []

        async def packed(value: T, events: Sequence[Recorded]) -> bytes:
            made[:] = [await answer(Outcome(value, tuple(events), 0))]
            return once.pack(made[0])

        store = self.store.under(Terms(self.conditions.expected, Remember(once.key, packed)))
        outcome = await command(store, self.who, *args, **given)
        return replace(made[0], position=outcome.position)


class Reading(Call, Generic[Q], frozen=True):
    """A request with query parameters."""

    query: Q


class Writing(Call, Generic[B], frozen=True):
    """A request with a body."""

    body: B


class NoQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """No query parameters."""


class Answer(Struct, Generic[T], frozen=True):
    """What a read answers; `sheet` is the value as CSV, where that is asked for."""

    value: T
    position: int | None = None
    location: str | None = None
    sheet: bytes | None = None


class Written(Answer[T], Generic[T], frozen=True, kw_only=True):
    """What a write answers, with the position that covers it."""

    position: int


class Created(Written[T], Generic[T], frozen=True, kw_only=True):
    """What a creation answers, with the path of the new thing."""

    location: str


class Endpoint(Struct, frozen=True, kw_only=True):
    """A method and path with all that is known about it; `example` is a value of the answer's type."""

    method: str
    path: str
    name: str
    summary: str
    description: str
    status: int
    handle: Callable[[Any], Awaitable[Answer[Any]]]
    body_type: Any = None
    decoder: msgspec.json.Decoder[Any] | None = None
    query_type: type[Any] = NoQuery
    answer_type: Any = None
    body_may_be_missing: bool = False
    waits_for: Sequence[str] = ()
    refuses: Sequence[str] = ()
    first: Callable[[Call], Awaitable[object]] | None = None
    may: Callable[[Call], Awaitable[object]] | None = None
    body_examples: dict[str, Any] = {}
    example: Any = None
    sheet_example: str | None = None
    streams: bool = False
    tag: str = ""
    creates: bool = False
    finish: Callable[[Any, Any], Awaitable[None]] | None = None

    @property
    def writes(self) -> bool:
        """Whether the operation changes something, and answers with a position."""
        return self.method != "GET"

    @property
    def takes_key(self) -> bool:
        """Whether a repeat needs an idempotency key to be none."""
        return self.method == "POST"

    @property
    def shows_version(self) -> bool:
        """Whether the answer has an `ETag`."""
        return self.answer_type in VERSIONED

    async def respond(self, services: Services, incoming: Incoming) -> Reply:
        """Answer a request."""
        who, _ = await authenticate(services, incoming)
        call = Call(services, who, read_path(incoming), NO_CONDITIONS)
        body = b"" if self.decoder is None else await read_body(incoming)
        try:
            read = await self._read(call, incoming, body)
            if self.first is not None and not self.writes:  # a write is judged by its command
                await self.first(call)
            return await (self._done(read) if read.conditions.once is None else self._once(read, read.conditions.once.key))
        except (InvalidRequestError, IdempotencyKeyReusedError, PreconditionFailedError):
            for judge in (self.first, self.may):  # what does not exist is 404, what is forbidden 403, however malformed the request
                if judge is not None:
                    await judge(call)
            raise

    async def _done(self, call: Call) -> Reply:
        answer = await self.handle(call)
        if self.finish is not None:
            await self.finish(call, answer.value)
        return self._reply(answer)

    async def _once(self, call: Call, key: Key) -> Reply:
        """Answer a request with a key: as the first time, if there was one."""
        with running(call.services.running, key):
            try:
                return await self._done(call)
            except AnsweredBeforeError as before:
                kept = before.kept
            except OverloadedError:
                raise
            except RefusalError:  # perhaps because it was done before
                found = await call.store.answer_to(key)
                if found is None:
                    raise
                kept = found
            return await self._again(call, key, kept)

    async def _again(self, call: Call, key: Key, kept: Kept) -> Reply:
        if kept.key != key:
            raise IdempotencyKeyReusedError
        reply = unpack(kept)
        if self.finish is not None:
            await self.finish(call, msgspec.json.decode(reply.body, type=self.answer_type))
        return reply

    def _pack(self, answer: Answer[Any]) -> bytes:
        return pack(self._reply(replace(answer, value=without_secret(answer.value))))

    def _conditions(self, call: Call, incoming: Incoming, body: bytes) -> Conditions:
        id_ = versioned_id(self.path)
        expected = read_if_match(incoming.headers, None if id_ is None else call.path[id_])
        key = read_key(incoming.headers) if self.takes_key else None
        if key is None:
            return NO_CONDITIONS if expected is None else Conditions(expected)
        return Conditions(expected, Once(Key(call.who.user.id, key, digest(incoming, body)), self._pack))

    async def _read(self, call: Call, incoming: Incoming, body: bytes) -> Call:
        query_string = incoming.scope["query_string"]
        conditions = self._conditions(call, incoming, body) if self.writes else NO_CONDITIONS
        if self.decoder is not None:
            if query_string:
                decode_query(NoQuery, query_string)
            if not body and self.body_may_be_missing:
                return Writing(call.services, call.who, call.path, conditions, self.decoder.decode(b"{}"))
            return Writing(call.services, call.who, call.path, conditions, decode_body(self.decoder, incoming, body))
        query = decode_query(self.query_type, query_string)
        if not self.writes and (position := read_min_position(incoming.headers)) and self.waits_for:
            await call.views.wait_for(self.waits_for, position)
        return Reading(call.services, call.who, call.path, conditions, query)

    def _reply(self, answer: Answer[Any]) -> Reply:
        headers: list[tuple[bytes, bytes]] = []
        if answer.position is not None:
            headers.append((b"groupchat-position", b"%d" % answer.position))
        if answer.location is not None:
            headers.append((b"location", answer.location.encode()))
        if self.shows_version:
            headers.append((b"etag", etag(answer.value.version)))
        if self.answer_type is None:
            return Reply(self.status, headers=tuple(headers))
        if answer.sheet is not None:
            return Reply(self.status, answer.sheet, CSV, tuple(headers))
        return Reply(self.status, encode_json(answer.value), JSON, tuple(headers))


def endpoint(  # noqa: PLR0913 - named, one for each thing that is said of an operation
    method: str,
    path: str,
    *,
    summary: str,
    status: int = 200,
    refuses: Sequence[str] = (),
    waits_for: Sequence[str] = (),
    first: Callable[[Call], Awaitable[object]] | None = None,
    may: Callable[[Call], Awaitable[object]] | None = None,
    finish: Callable[[Any, Any], Awaitable[None]] | None = None,
    body_examples: dict[str, Any] | None = None,
    body_may_be_missing: bool = False,
    example: Any = None,
    sheet_example: str | None = None,
    items: Any = None,
    tag: str,
) -> Callable[[Callable[[Any], Awaitable[Answer[Any]]]], Endpoint]:
    """Make an endpoint of an async function, whose annotations give the types of the body or query, and of the answer.

    `refuses` are the slugs of the problems of its own; `first` raises `NotFoundError` for a path whose ids don't exist,
    and goes before a read; `may` raises what forbids it (`permits.py`); both go before what is malformed.
    `waits_for` are the followers that `Groupchat-Min-Position` waits for; `items` is the type of a page's items. `finish` is what
    is still to be done, with the call and the answer's value, when the command is stored; a repeat of the request does it again.
    """

    def make(handle: Callable[[Any], Awaitable[Answer[Any]]]) -> Endpoint:
        hints = get_type_hints(handle, include_extras=True)
        taken, given = hints["call"], get_args(hints["return"])[0] if items is None else PageOf[items]
        body_type = get_args(taken)[0] if get_origin(taken) is Writing else None
        return Endpoint(
            method=method,
            path=path,
            name=handle.__name__,
            summary=summary,
            description=(handle.__doc__ or "").strip(),
            status=status,
            handle=handle,
            body_type=body_type,
            decoder=None if body_type is None else msgspec.json.Decoder(body_type),
            query_type=get_args(taken)[0] if get_origin(taken) is Reading else NoQuery,
            answer_type=None if given is type(None) else given,
            body_may_be_missing=body_may_be_missing,
            waits_for=waits_for,
            refuses=refuses,
            first=first,
            may=may,
            body_examples=body_examples or {},
            example=example,
            sheet_example=sheet_example,
            tag=tag,
            creates=get_origin(hints["return"]) is Created,
            finish=finish,
        )

    return make
