"""A path with its methods, as an ASGI application: from the first byte to the response or problem, without layers between."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter

import structlog
from msgspec.structs import replace

from groupchat.http.web.problems import Problems
from groupchat.http.web.refusals import BadMessageError, ClientGoneError, absent
from groupchat.http.web.reply import Reply
from groupchat.http.web.request import Incoming, Receive, Scope, Send, read_correlation_id, read_headers
from groupchat.tracing import current_correlation_id
from groupchat.values.errors import InvalidRequestError, NotFoundError, RefusalError
from groupchat.values.ids import new_id

Responder = Callable[[Incoming], Awaitable[Reply]]
"""Responds to one method of a path, or raises the refusal."""
Answered = Callable[[str, str, int, float, str | None], None]
"""Called after each response: the path's template, the method, the status, its duration in seconds, a problem's slug."""
Absent = Callable[[str, str], RefusalError]
"""Returns the refusal of a method that the path does not have; arguments are the method and the path's methods."""
_FAILED = 400


class Resource:
    """Responds to all methods of one path. If machines ask it often, it logs its successful responses only for debugging."""

    def __init__(
        self,
        path: str,
        methods: Mapping[str, Responder],
        problems: Problems,
        answered: Answered,
        absent: Absent = absent,
        *,
        asked_often: bool = False,
    ) -> None:
        self._path = path
        self._methods = dict(methods)
        if "GET" in methods:
            self._methods["HEAD"] = methods["GET"]
        self._allow = ", ".join(sorted(self._methods))
        self._problems = problems
        self._answered = answered
        self._absent = absent
        self._asked_often = asked_often
        self._log = structlog.get_logger().bind()  # once: an unbound logger is created again for each line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a request of this path."""
        incoming = Incoming(scope, receive, {}, "")
        begun = perf_counter()
        try:
            reply = await self._respond(incoming)
        except ClientGoneError:
            return
        if incoming.more:
            reply = replace(reply, headers=(*reply.headers, *incoming.more))
        self._count_and_log(incoming, reply, perf_counter() - begun)
        try:
            await reply.send(send, incoming.correlation_id)
        finally:
            if incoming.afterwards is not None:
                incoming.afterwards()

    def _count_and_log(self, incoming: Incoming, reply: Reply, seconds: float) -> None:
        """Count a response, and log it by its path's template, because a path may contain phone numbers."""
        method = incoming.scope["method"]
        self._answered(self._path, method, reply.status, seconds, reply.slug)
        level = logging.DEBUG if self._asked_often and reply.status < _FAILED else logging.INFO
        self._log.log(
            level,
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
            return self._problems.problem(refusal, incoming.path)
        incoming.correlation_id = given or current_correlation_id() or new_id("req")
        structlog.contextvars.bind_contextvars(correlation_id=incoming.correlation_id)
        responder = self._methods.get(method)
        if responder is None:
            return self._not_here(method, incoming)
        try:
            return await responder(incoming)
        except ClientGoneError:
            raise
        except Exception as error:  # noqa: BLE001 - here, every failure becomes a response and a line in the log
            return self._problems.reply(
                error,
                instance=incoming.path,
                operation=f"{method} {self._path}",
                correlation_id=incoming.correlation_id,
            )

    def _not_here(self, method: str, incoming: Incoming) -> Reply:
        refusal = self._absent(method, self._allow)
        headers = () if isinstance(refusal, NotFoundError) else ((b"allow", self._allow.encode()),)
        return self._problems.problem(refusal, incoming.path, headers)
