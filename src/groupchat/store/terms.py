"""A request's preconditions for its decision, besides the command: a stream has not moved, and the response is stored.

Both are checked inside the decision, so no race between processes or requests can break them.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from groupchat.store.answers import IdempotencyKey, StoredAnswer
from groupchat.store.decision import Decision
from groupchat.store.fences import Fence
from groupchat.values.errors import RefusalError


class PreconditionFailedError(RefusalError):
    """The stream's version is not the one that the caller expected."""

    slug = "precondition-failed"


class AnsweredBeforeError(Exception):
    """Something was stored under this key before. Nothing was stored now."""

    def __init__(self, kept: StoredAnswer) -> None:
        super().__init__("a response is stored under this key")
        self.kept = kept


class StaleAnswerError(Exception):
    """The response can't be returned yet, because the events that it needs are still being stored. The command decides again."""


class Expected(Struct, frozen=True):
    """A stream, and the versions from which the command may change it; none for any version."""

    stream: str
    versions: frozenset[int] | None


class Remember(Struct, frozen=True):
    """A request's key, and the function that turns the command's value into the response to store."""

    key: IdempotencyKey
    pack: Callable[[Any], bytes]


class Terms(Struct, frozen=True):
    """The preconditions of one request's command, or of all commands of a worker that holds a lease (`fence`)."""

    expected: Expected | None = None
    remember: Remember | None = None
    fence: Fence | None = None

    def settle(self, decision: Decision, value: object) -> StoredAnswer | None:
        """Return the response to store for a command that was not refused.

        Raises `PreconditionFailedError` if it decided on a version that was not expected.
        """
        if self.expected is not None and not _holds(self.expected, decision):
            msg = "It has changed since the expected version."
            raise PreconditionFailedError(msg)
        if self.remember is None:
            return None
        return StoredAnswer(self.remember.key, self.remember.pack(value), int(decision.now.timestamp()))


NO_TERMS = Terms()


def _holds(expected: Expected, decision: Decision) -> bool:
    return expected.versions is None or decision.read.get(expected.stream) in expected.versions
