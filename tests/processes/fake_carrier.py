"""A fake carrier; fulfils `groupchat.carriers.port.Carrier`, and behaves as a test chooses."""

from collections.abc import Awaitable, Callable

from groupchat.carriers.port import Outgoing, RecipientResult
from groupchat.values.carriers import NO_LIMITS
from tests.support.world import CARRIER


class CrashError(BaseException):
    """The process dies here: nobody may catch it."""


class FakeCarrier:
    """Takes everything, unless `before` or `after` raise: before it took the message, or after.

    `calls` is how often it was called, `taken` are the messages that went out, `asked` the ids that it was asked about; `knows` is
    what `find` raises, if anything.
    """

    name = CARRIER
    limits = NO_LIMITS

    def __init__(self, *, native_group: bool = True) -> None:
        self.native_group = native_group
        self.calls = 0
        self.taken: list[Outgoing] = []
        self.asked: list[str] = []
        self.before: Exception | BaseException | None = None
        self.after: Exception | BaseException | None = None
        self.knows: Exception | None = None
        self.results: dict[str, RecipientResult] = {}
        self.on_send: Callable[[Outgoing], Awaitable[None]] | None = None

    async def send(self, outgoing: Outgoing) -> tuple[RecipientResult, ...]:
        self.calls += 1
        if self.on_send is not None:
            await self.on_send(outgoing)
        if self.before is not None:
            raise self.before
        self.taken.append(outgoing)
        if self.after is not None:
            raise self.after
        return self._answer(outgoing)

    async def find(self, outgoing: Outgoing) -> tuple[RecipientResult, ...] | None:
        self.asked.append(outgoing.message_id)
        if self.knows is not None:
            raise self.knows
        return self._answer(outgoing) if outgoing in self.taken else None

    def _answer(self, outgoing: Outgoing) -> tuple[RecipientResult, ...]:
        return tuple(self.results.get(n, RecipientResult(recipient=n, status="sent")) for n in outgoing.to)
