"""The open event streams of a process: their number, their users, and how each ends.

A stream is pulled, not pushed: the next batch is read when the last one was sent, so a slow reader costs one batch of memory. A
stream ends when its reader disconnects or reads nothing, when its login is no longer valid, when it reaches its maximum duration,
and when the server stops. The reader continues with `Last-Event-ID`, so no end loses anything.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import structlog

from groupchat.commands.caller import Caller, UnauthenticatedError
from groupchat.http.streams.watch import LogReader, StreamLimits
from groupchat.http.web.refusals import TooManyRequestsError
from groupchat.http.web.reply import Reply
from groupchat.http.web.request import ABORT, Incoming, Send
from groupchat.store.database import DATABASE_ERRORS
from groupchat.store.event_store import EventStore
from groupchat.store.mapper import UnreadableEventError
from groupchat.store.refusals import UnavailableError

EVENT_STREAM = b"text/event-stream; charset=utf-8"
RETRY_SECONDS = 5
_GOODBYE_SECONDS = 1.0

log = structlog.get_logger()


class Streams:
    """The open streams."""

    def __init__(self, store: EventStore, pace: StreamLimits | None = None) -> None:
        self.pace = pace or StreamLimits()
        self.log = LogReader(store)
        self._guards: set[Guard] = set()
        self._by_user: Counter[str] = Counter()
        self._by_workspace: Counter[str] = Counter()
        self._closed = False

    @property
    def open(self) -> int:
        """The number of open streams."""
        return self._by_user.total()

    def admit(self, who: Caller) -> None:
        """Count a stream that is about to open; raises `TooManyRequestsError` if its user or workspace has the maximum number."""
        if self._by_user[who.user.id] >= self.pace.per_user:
            msg = f"This user already has {self.pace.per_user} open event streams. Close one of them."
            raise TooManyRequestsError(msg, RETRY_SECONDS)
        if self._by_workspace[who.workspace_id] >= self.pace.per_workspace:
            msg = f"This workspace already has {self.pace.per_workspace} open event streams. Close one of them."
            raise TooManyRequestsError(msg, RETRY_SECONDS)
        self._by_user[who.user.id] += 1
        self._by_workspace[who.workspace_id] += 1

    def guard(self) -> "Guard":
        """Return the object that ends an admitted stream."""
        guard = Guard(self.pace.stall)
        self._guards.add(guard)
        if self._closed:
            guard.end("shutdown")
        return guard

    def left(self, who: Caller, guard: "Guard") -> None:
        """Stop counting a stream."""
        self._guards.discard(guard)
        for counted, name in ((self._by_user, who.user.id), (self._by_workspace, who.workspace_id)):
            counted[name] -= 1
            if not counted[name]:
                del counted[name]

    def close(self) -> None:
        """End all streams, and those that open after this, because the server is stopping."""
        self._closed = True
        for guard in self._guards:
            guard.end("shutdown")


class Guard:
    """Ends a stream from outside, and a stream whose reader reads nothing."""

    def __init__(self, stall: float) -> None:
        self.deadline = asyncio.timeout(None)
        self.reason: str | None = None
        self.blocked = False
        self._stall = stall
        self._entered = False

    async def run(self, frames: AsyncGenerator[bytes, None], send: Send) -> str:
        """Send frames until something ends it; return the reason."""
        try:
            async with self.deadline, aclosing(frames) as each:
                self._entered = True
                self._watch(None)
                async for frame in each:
                    await self._offer(frame, send)
        except TimeoutError:
            return self.reason or "stalled"
        except UnauthenticatedError:
            return "unauthenticated"
        except (UnavailableError, *DATABASE_ERRORS):
            return "unavailable"
        except UnreadableEventError as error:
            log.error("stream_unreadable", position=error.position)  # noqa: TRY400 - the trace does not help an operator
            return "unreadable"
        finally:
            self._entered = False
        return "old"

    def end(self, reason: str) -> None:
        """End the stream now."""
        if self.reason is None:
            self.reason = reason
            self._watch(None)

    async def _offer(self, frame: bytes, send: Send) -> None:
        self.blocked = True
        self._watch(self._stall)
        await send({"type": "http.response.body", "body": frame, "more_body": True})
        self.blocked = False
        self._watch(None)

    def _watch(self, seconds: float | None) -> None:
        """Set the time at which the stream is ended: now, if it has to end."""
        if self._entered and not self.deadline.expired():
            now = asyncio.get_running_loop().time()
            left = 0 if self.reason is not None else seconds
            self.deadline.reschedule(None if left is None else now + left)


class Stream(Reply, frozen=True, kw_only=True):
    """The response that does not end by itself; `send` returns when it has ended."""

    streams: Streams
    who: Caller
    incoming: Incoming
    frames: Callable[[], AsyncGenerator[bytes, None]]

    async def send(self, send: Send, correlation_id: str) -> None:
        """Send events until the stream ends."""
        guard = self.streams.guard()
        gone = asyncio.create_task(_gone(self.incoming))
        gone.add_done_callback(lambda _: guard.end("gone"))
        reason = "canceled"
        try:
            await send(
                {"type": "http.response.start", "status": self.status, "headers": [*self.headers, *_headers(correlation_id)]}
            )
            if self.incoming.scope["method"] != "HEAD":
                reason = await guard.run(self.frames(), send)
            await self._part(send, guard)
        finally:
            gone.cancel()
            self.streams.left(self.who, guard)
            log.info("stream_ended", reason=reason)

    async def _part(self, send: Send, guard: Guard) -> None:
        """End the response normally, or close the connection if the client reads nothing any more."""
        try:
            async with asyncio.timeout(0 if guard.blocked else _GOODBYE_SECONDS):
                await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            self.incoming.scope.get(ABORT, lambda: None)()
            await asyncio.sleep(0)  # so that the server notices it


def _headers(correlation_id: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", EVENT_STREAM),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),  # for proxies that buffer a response before they pass it on
        (b"groupchat-correlation-id", correlation_id.encode()),
    ]


async def _gone(incoming: Incoming) -> None:
    while (await incoming.receive())["type"] != "http.disconnect":
        pass
