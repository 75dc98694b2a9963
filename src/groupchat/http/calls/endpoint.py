"""One operation of the API: its signature determines how it is parsed, answered and documented.

`async def send_message(call: Writing[MessageInput]) -> Written[Message]` takes the body as its type and responds with the position.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from groupchat.http.calls.answers import Answer
from groupchat.http.calls.call import Call, Reading, Writing
from groupchat.http.calls.conditional import etag, read_if_match, versioned_id
from groupchat.http.calls.idempotency import digest, pack, read_key, running, unpack, without_secret
from groupchat.http.calls.positions import read_min_position
from groupchat.http.calls.recording import recording
from groupchat.http.calls.spec import Handle, Spec, Types, operation, types_of
from groupchat.http.guards.permits import Permit
from groupchat.http.refusals import IdempotencyKeyReusedError
from groupchat.http.services import Services
from groupchat.http.web.codec import decode_body, decode_query, read_body, read_path
from groupchat.http.web.operation import NoQuery, Operation
from groupchat.http.web.reply import CSV, JSON, Reply, encode_json
from groupchat.http.web.request import Incoming
from groupchat.store.answers import IdempotencyKey, StoredAnswer
from groupchat.store.refusals import OverloadedError
from groupchat.store.terms import NO_TERMS, AnsweredBeforeError, PreconditionFailedError, Remember, Terms
from groupchat.values.errors import InvalidRequestError, RefusalError


class Shows(Struct, frozen=True):
    """The path parameter that the response's `id` names, and the permit to see it."""

    parameter: str
    permit: Permit


class Endpoint(Struct, frozen=True, kw_only=True):
    """An operation that responds to requests.

    `first` is checked before a read. Both `first` and `may` are checked before a request is found malformed, so a missing thing is
    404, and a forbidden one 403, however malformed the request. `waits_for` are the followers that `Groupchat-Min-Position` waits
    for. `shows` is checked before a stored response is returned, like `first` and `may`.
    """

    operation: Operation
    spec: Spec
    types: Types
    handle: Handle
    decoder: msgspec.json.Decoder[Any] | None
    first: Permit | None = None
    may: Permit | None = None
    shows: Shows | None = None
    waits_for: Sequence[str] = ()

    async def respond(self, services: Services, incoming: Incoming) -> Reply:
        """Respond to a request, or raise the refusal, which is recorded."""
        who = await services.door.admit(incoming)
        with recording(services, incoming, who, self.spec.path):
            return await self._answer(Call(services, who, read_path(incoming), NO_TERMS), incoming)

    async def _answer(self, call: Call, incoming: Incoming) -> Reply:
        body = b"" if self.decoder is None else await read_body(incoming, call.services.body_seconds)
        try:
            read = await self._read(call, incoming, body)
            if self.first is not None and not self.spec.writes:  # a write is judged by its command
                await self.first.judge(call.views, call.who, call.path)
            return await (self._done(read) if read.terms.remember is None else self._once(read, read.terms.remember.key))
        except (InvalidRequestError, IdempotencyKeyReusedError, PreconditionFailedError):
            await self._judge(call)
            raise

    async def _done(self, call: Call) -> Reply:
        answer = await self.handle(call)
        return self._reply(call, answer)

    async def _once(self, call: Call, key: IdempotencyKey) -> Reply:
        """Respond to a request with a key, with the stored response if there is one."""
        with running(call.services.running, key):
            try:
                return await self._done(call)
            except AnsweredBeforeError as before:
                kept = before.kept
            except OverloadedError:
                raise
            except RefusalError:  # perhaps it was done before
                found = await call.store.answer_to(key)
                if found is None:
                    raise
                kept = found
            return await self._again(call, key, kept)

    async def _again(self, call: Call, key: IdempotencyKey, kept: StoredAnswer) -> Reply:
        if kept.key != key:
            raise IdempotencyKeyReusedError
        reply = unpack(kept)
        await self._judge_repeat(call, reply)
        return reply

    async def _judge_repeat(self, call: Call, reply: Reply) -> None:
        """Raise the refusal if the caller may no longer make the request, or see its response (R20 to R23)."""
        path = call.path
        if self.shows is not None:
            path = path | {self.shows.parameter: msgspec.json.decode(reply.body)["id"]}
            await self.shows.permit.judge(call.views, call.who, path)
        await self._judge(call)

    async def _judge(self, call: Call) -> None:
        for permit in (self.first, self.may):
            if permit is not None:
                await permit.judge(call.views, call.who, call.path)

    def _pack(self, call: Call, value: object) -> bytes:
        return pack(self._reply(call, Answer(without_secret(value))))

    def _terms(self, call: Call, incoming: Incoming, body: bytes) -> Terms:
        id_ = versioned_id(self.spec.path)
        expected = read_if_match(incoming.headers, None if id_ is None else call.path[id_])
        key = read_key(incoming.headers) if self.spec.takes_key else None
        if key is None:
            return NO_TERMS if expected is None else Terms(expected)
        return Terms(expected, Remember(IdempotencyKey(call.who.user.id, key, digest(incoming, body)), partial(self._pack, call)))

    async def _read(self, call: Call, incoming: Incoming, body: bytes) -> Call:
        query_string = incoming.scope["query_string"]
        terms = self._terms(call, incoming, body) if self.spec.writes else NO_TERMS
        if self.decoder is not None:
            if query_string:
                decode_query(NoQuery, query_string)
            if not body and self.spec.body_may_be_missing:
                return Writing(call.services, call.who, call.path, terms, self.decoder.decode(b"{}"))
            return Writing(call.services, call.who, call.path, terms, decode_body(self.decoder, incoming, body))
        query = decode_query(self.types.query, query_string)
        if not self.spec.writes and (position := read_min_position(incoming.headers)):
            await call.views.wait_for(self.waits_for, position)
        return Reading(call.services, call.who, call.path, terms, query)

    def _reply(self, call: Call, answer: Answer[Any]) -> Reply:
        headers: list[tuple[bytes, bytes]] = []
        if answer.position is not None:
            headers.append((b"groupchat-position", b"%d" % answer.position))
        if self.spec.location is not None:
            headers.append((b"location", self.spec.location.format_map(call.path | asdict(answer.value)).encode()))
        if self.types.versioned:
            headers.append((b"etag", etag(answer.value.version)))
        if self.types.answer is None:
            return Reply(self.spec.status, headers=tuple(headers))
        if answer.sheet is not None:
            headers.append((b"content-disposition", f'attachment; filename="{answer.sheet.name}"'.encode()))
            return Reply(self.spec.status, answer.sheet.content, CSV, tuple(headers))
        return Reply(self.spec.status, encode_json(answer.value), JSON, tuple(headers))


def endpoint(
    spec: Spec,
    *,
    first: Permit | None = None,
    may: Permit | None = None,
    shows: Shows | None = None,
    refuses: Sequence[str] = (),
    waits_for: Sequence[str] = (),
) -> Callable[[Handle], Endpoint]:
    """Make an endpoint of an async function, whose annotations give the types of the body or query, and of the response.

    `refuses` lists the slugs of problems that neither its permits nor its kind of operation imply; for the other parameters, see
    `Endpoint`.
    """

    def make(handle: Handle) -> Endpoint:
        types = types_of(handle, spec.page)
        seen = None if shows is None else shows.permit
        problems = [*refuses, *(slug for permit in (first, may, seen) if permit is not None for slug in permit.slugs)]
        return Endpoint(
            operation=operation(spec, handle, types, problems, waits=bool(waits_for)),
            spec=spec,
            types=types,
            handle=handle,
            decoder=None if types.body is None else msgspec.json.Decoder(types.body),
            first=first,
            may=may,
            shows=shows,
            waits_for=waits_for,
        )

    return make
