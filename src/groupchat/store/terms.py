"""What a request asks of its decision, beside the command: that a stream has not moved, and that its answer is kept.

Both are judged inside the decision, so they hold in any race: between processes as between requests of one.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from groupchat.store.answers import IdempotencyKey, StoredAnswer
from groupchat.store.decision import Decision
from groupchat.store.fences import Fence
from groupchat.values.errors import RefusalError


class PreconditionFailedError(RefusalError):
    """The stream's version is not, or no longer, the one that the caller expected."""

    slug = "precondition-failed"


class AnsweredBeforeError(Exception):
    """Something was stored under this key before; nothing was stored now."""

    def __init__(self, kept: StoredAnswer) -> None:
        super().__init__("an answer is kept under this key")
        self.kept = kept


class StaleAnswerError(Exception):
    """The answer can't be returned yet, because the events that it needs are still being stored. The command decides again."""


class Expected(Struct, frozen=True):
    """A stream, and the versions that the command may change it from; none for any."""

    stream: str
    versions: frozenset[int] | None


class Remember(Struct, frozen=True):
    """A request's key, and what makes of the command's value the answer to keep."""

    key: IdempotencyKey
    pack: Callable[[Any], bytes]


class Terms(Struct, frozen=True):
    """What holds for one request's one command, or for all that a worker does while it holds a lease (`fence`)."""

    expected: Expected | None = None
    remember: Remember | None = None
    fence: Fence | None = None

    def settle(self, decision: Decision, value: object) -> StoredAnswer | None:
        """Return what is to be kept of a command that was not refused.

        Raises `PreconditionFailedError` if it decided on another version than expected.
        """
        if self.expected is not None and not _holds(self.expected, decision):
            msg = "It has changed since the version that was expected."
            raise PreconditionFailedError(msg)
        if self.remember is None:
            return None
        return StoredAnswer(self.remember.key, self.remember.pack(value), int(decision.now.timestamp()))


NO_TERMS = Terms()


def _holds(expected: Expected, decision: Decision) -> bool:
    return expected.versions is None or decision.read.get(expected.stream) in expected.versions
