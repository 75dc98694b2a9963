"""What a request asks of its decision, beside the command: that a stream has not moved, and that its answer is kept.

Both are judged inside the decision, so they hold in any race: between processes as between requests of one.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from msgspec import Struct

from groupchat.store.answers import Kept, Key
from groupchat.store.decision import Decision
from groupchat.values.errors import RefusalError
from groupchat.values.event import Recorded


class PreconditionFailedError(RefusalError):
    """What the caller expected of a thing's version does not hold (any more)."""

    slug = "precondition-failed"


class AnsweredBeforeError(Exception):
    """Something was stored under this key before; nothing was stored now."""

    def __init__(self, kept: Kept) -> None:
        super().__init__("an answer is kept under this key")
        self.kept = kept


class StaleAnswerError(Exception):
    """The answer can't be told yet: what it needs is still on its way to the disk. The command is decided again."""


class Expected(Struct, frozen=True):
    """A stream, and the versions that the command may change it from; none for any."""

    stream: str
    versions: frozenset[int] | None


class Remember(Struct, frozen=True):
    """A request's key, and what makes of the command's value and events the answer to keep."""

    key: Key
    answer: Callable[[Any, Sequence[Recorded]], Awaitable[bytes]]


class Terms(Struct, frozen=True):
    """What holds for one request's one decision."""

    expected: Expected | None = None
    remember: Remember | None = None

    async def settle(self, decision: Decision, value: object) -> Kept | None:
        """Return what is to be kept of a command that was not refused.

        Raises `PreconditionFailedError` if it decided on another version than expected, `StaleAnswerError`.
        """
        if self.expected is not None and not _holds(self.expected, decision):
            msg = "It has changed since: GET it again, and repeat the request with the ETag that it has now."
            raise PreconditionFailedError(msg)
        if self.remember is None:
            return None
        answer = await self.remember.answer(value, tuple(decision.emitted))
        return Kept(self.remember.key, answer, int(decision.now.timestamp()))


def _holds(expected: Expected, decision: Decision) -> bool:
    return expected.versions is None or decision.read.get(expected.stream) in expected.versions
