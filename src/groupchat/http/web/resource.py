"""A path with its methods, as an ASGI application: from the first byte to the answer or the problem, and nothing in between."""

from collections.abc import Mapping
from time import perf_counter
from typing import Protocol

import structlog

from groupchat.http.documents.problems import problem, reply_of
from groupchat.http.refusals import BadMessageError, ClientGoneError, MethodNotAllowedError, ParticipantsFrozenError
from groupchat.http.services import Services
from groupchat.http.web.codec import Incoming, read_correlation_id, read_headers
from groupchat.http.web.reply import Receive, Reply, Scope, Send
from groupchat.values.errors import InvalidRequestError, NotFoundError, RefusalError
from groupchat.values.ids import new_id

_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Responder(Protocol):
    """Answers one method of a path."""

    async def respond(self, services: Services, incoming: Incoming) -> Reply:
        """Return the answer, or raise the refusal."""


class Resource:
    """Answers all methods of one path. `frozen`: writes that it has not are refused as R7 says."""

    def __init__(self, services: Services, path: str, methods: Mapping[str, Responder], *, frozen: bool = False) -> None:
        self._services = services
        self._path = path
        self._methods = dict(methods)
        if "GET" in methods:
            self._methods["HEAD"] = methods["GET"]
        self._allow = ", ".join(sorted(self._methods))
        self._frozen = frozen
        self._log = structlog.get_logger().bind()  # once: a logger that is not bound is made anew for each line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of this path."""
        incoming = Incoming(scope, receive, {}, "")
        begun = perf_counter()
        try:
            reply = await self._respond(incoming)
        except ClientGoneError:
            return
        self._tell(incoming, reply, perf_counter() - begun)
        try:
            await reply.send(send, incoming.correlation_id)
        finally:
            self._record(incoming)

    def _record(self, incoming: Incoming) -> None:
        """Put a refusal on record: after the answer, so that what is hidden is answered as fast as what is not there (R22)."""
        if incoming.refused is not None and incoming.who is not None:
            conversation_id = incoming.scope.get("path_params", {}).get("conversation_id")
            operation = f"{incoming.scope['method']} {self._path}"
            self._services.refusals.note(incoming.refused, incoming.who, operation, conversation_id)

    def _tell(self, incoming: Incoming, reply: Reply, seconds: float) -> None:
        """Count an answer, and log it; by its path's template, for a path may have numbers in it."""
        method = incoming.scope["method"]
        self._services.metrics.answered(self._path, method, reply.status, seconds, reply.slug)
        self._log.info(
            "request",
            operation=f"{method} {self._path}",
            status=reply.status,
            ms=round(seconds * 1_000, 1),
            correlation_id=incoming.correlation_id,
        )

    async def _respond(self, incoming: Incoming) -> Reply:
        method = incoming.scope["method"]
        try:
            incoming.headers = read_headers(incoming.scope)
            given = read_correlation_id(incoming.headers)
        except (BadMessageError, InvalidRequestError) as refusal:
            incoming.correlation_id = new_id("req")
            return problem(refusal.slug, refusal.detail, incoming.path, refusal.members)
        incoming.correlation_id = given or new_id("req")
        structlog.contextvars.bind_contextvars(correlation_id=incoming.correlation_id)
        responder = self._methods.get(method)
        if responder is None:
            return self._not_here(method, incoming)
        try:
            return await responder.respond(self._services, incoming)
        except ClientGoneError:
            raise
        except Exception as error:  # noqa: BLE001 - the one place where every failure becomes an answer and a line in the log
            incoming.refused = error if isinstance(error, RefusalError) else None
            return reply_of(
                error,
                instance=incoming.path,
                operation=f"{method} {self._path}",
                correlation_id=incoming.correlation_id,
            )

    def _not_here(self, method: str, incoming: Incoming) -> Reply:
        allow: tuple[tuple[bytes, bytes], ...] = ((b"allow", self._allow.encode()),)
        if self._frozen and method in _WRITES:
            refusal: RefusalError = ParticipantsFrozenError()
        elif self._methods:
            refusal = MethodNotAllowedError(method, self._allow)
        else:
            msg = "There is nothing at this path; /openapi.json lists those there are."
            refusal, allow = NotFoundError(msg), ()
        return problem(refusal.slug, refusal.detail, incoming.path, {}, allow)
