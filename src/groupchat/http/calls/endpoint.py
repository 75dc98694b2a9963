"""One operation of the API: what its signature says is what is parsed, answered and documented.

`async def send_message(call: Writing[NewMessage]) -> Written[Message]` takes the body as its type, and answers with the position.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from groupchat.commands.caller import Caller
from groupchat.http.calls.answers import Answer, Written
from groupchat.http.calls.conditional import etag, read_if_match, versioned_id
from groupchat.http.calls.idempotency import Once, digest, pack, read_key, running, unpack, without_secret
from groupchat.http.calls.positions import read_min_position
from groupchat.http.calls.spec import Handle, Spec, Types, operation, types_of
from groupchat.http.guards.permits import Permit
from groupchat.http.refusals import IdempotencyKeyReusedError
from groupchat.http.services import Services
from groupchat.http.web.codec import decode_body, decode_query, read_body, read_path
from groupchat.http.web.operation import NoQuery, Operation
from groupchat.http.web.reply import CSV, JSON, Reply, encode_json
from groupchat.http.web.request import Incoming
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


class Endpoint(Struct, frozen=True, kw_only=True):
    """An operation, and what answers it.

    `first` is judged before a read; both `first` and `may` before a request is judged malformed, so what does not exist is 404, and
    what is forbidden 403, however malformed the request. `waits_for` are the followers that `Groupchat-Min-Position` waits for.
    `finish` is what is still to be done, with the call and the answer's value, when the command is stored; a repeat of the request
    does it again.
    """

    operation: Operation
    spec: Spec
    types: Types
    handle: Handle
    decoder: msgspec.json.Decoder[Any] | None
    first: Permit | None = None
    may: Permit | None = None
    waits_for: Sequence[str] = ()
    finish: Callable[[Any, Any], Awaitable[None]] | None = None

    async def respond(self, services: Services, incoming: Incoming) -> Reply:
        """Answer a request. A refusal goes on record after the answer: what is hidden is answered as fast as what is not there."""
        who, _ = await services.door.admit(incoming)
        call = Call(services, who, read_path(incoming), NO_CONDITIONS)
        try:
            return await self._answer(call, incoming)
        except RefusalError as refusal:
            asked, conversation_id = f"{incoming.scope['method']} {self.spec.path}", call.path.get("conversation_id")
            incoming.afterwards = partial(services.refusals.note, refusal, who, asked, conversation_id)
            raise

    async def _answer(self, call: Call, incoming: Incoming) -> Reply:
        body = b"" if self.decoder is None else await read_body(incoming)
        try:
            read = await self._read(call, incoming, body)
            if self.first is not None and not self.spec.writes:  # a write is judged by its command
                await self.first.judge(call.store, call.who, call.path)
            return await (self._done(read) if read.conditions.once is None else self._once(read, read.conditions.once.key))
        except (InvalidRequestError, IdempotencyKeyReusedError, PreconditionFailedError):
            for permit in (self.first, self.may):
                if permit is not None:
                    await permit.judge(call.store, call.who, call.path)
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
            await self.finish(call, msgspec.json.decode(reply.body, type=self.types.answer))
        return reply

    def _pack(self, answer: Answer[Any]) -> bytes:
        return pack(self._reply(replace(answer, value=without_secret(answer.value))))

    def _conditions(self, call: Call, incoming: Incoming, body: bytes) -> Conditions:
        id_ = versioned_id(self.spec.path)
        expected = read_if_match(incoming.headers, None if id_ is None else call.path[id_])
        key = read_key(incoming.headers) if self.spec.takes_key else None
        if key is None:
            return NO_CONDITIONS if expected is None else Conditions(expected)
        return Conditions(expected, Once(Key(call.who.user.id, key, digest(incoming, body)), self._pack))

    async def _read(self, call: Call, incoming: Incoming, body: bytes) -> Call:
        query_string = incoming.scope["query_string"]
        conditions = self._conditions(call, incoming, body) if self.spec.writes else NO_CONDITIONS
        if self.decoder is not None:
            if query_string:
                decode_query(NoQuery, query_string)
            if not body and self.spec.body_may_be_missing:
                return Writing(call.services, call.who, call.path, conditions, self.decoder.decode(b"{}"))
            return Writing(call.services, call.who, call.path, conditions, decode_body(self.decoder, incoming, body))
        query = decode_query(self.types.query, query_string)
        if not self.spec.writes and (position := read_min_position(incoming.headers)) and self.waits_for:
            await call.views.wait_for(self.waits_for, position)
        return Reading(call.services, call.who, call.path, conditions, query)

    def _reply(self, answer: Answer[Any]) -> Reply:
        headers: list[tuple[bytes, bytes]] = []
        if answer.position is not None:
            headers.append((b"groupchat-position", b"%d" % answer.position))
        if answer.location is not None:
            headers.append((b"location", answer.location.encode()))
        if self.types.versioned:
            headers.append((b"etag", etag(answer.value.version)))
        if self.types.answer is None:
            return Reply(self.spec.status, headers=tuple(headers))
        if answer.sheet is not None:
            return Reply(self.spec.status, answer.sheet, CSV, tuple(headers))
        return Reply(self.spec.status, encode_json(answer.value), JSON, tuple(headers))


def endpoint(
    spec: Spec,
    *,
    first: Permit | None = None,
    may: Permit | None = None,
    refuses: Sequence[str] = (),
    waits_for: Sequence[str] = (),
    finish: Callable[[Any, Any], Awaitable[None]] | None = None,
) -> Callable[[Handle], Endpoint]:
    """Make an endpoint of an async function, whose annotations give the types of the body or query, and of the answer.

    `refuses` are the slugs of the problems that neither its permits nor its kind of operation have; for the rest see `Endpoint`.
    """

    def make(handle: Handle) -> Endpoint:
        types = types_of(handle, spec.items, Reading, Writing)
        problems = [*refuses, *(slug for permit in (first, may) if permit is not None for slug in permit.slugs)]
        return Endpoint(
            operation=operation(spec, handle, types, problems, waits=bool(waits_for)),
            spec=spec,
            types=types,
            handle=handle,
            decoder=None if types.body is None else msgspec.json.Decoder(types.body),
            first=first,
            may=may,
            waits_for=waits_for,
            finish=finish,
        )

    return make
