"""What comes at the same time is decided together, in one append, as long as none of it is refused."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from groupchat.store.at_once import AtOnce
from groupchat.store.refusals import may_pass

Q = TypeVar("Q")
A = TypeVar("A")


class Together(Generic[Q, A]):
    """Collects the requests of one turn of the event loop, and lets `decide` store all of them in one append.

    If that fails, each is decided alone, so that what is wrong with one of them is nobody else's error. After a failure that may
    pass, such as a lost connection, all of them get it. So `decide` must be safe to repeat.
    """

    def __init__(self, decide: Callable[[Sequence[Q]], Awaitable[Sequence[A]]]) -> None:
        self._decide = decide
        self._at_once = AtOnce(self._decide_all)

    async def ask(self, question: Q) -> A:
        """Return the result of a request, or raise it."""
        return await self._at_once.ask(question)

    async def _decide_all(self, asked: Sequence[Q]) -> Sequence[A | Exception]:
        try:
            return await self._decide(asked)
        except Exception as error:  # noqa: BLE001 - raised where the requests were made
            if len(asked) == 1 or may_pass(error):
                return [error] * len(asked)
        alone = await asyncio.gather(*(self._decide_all([each]) for each in asked))
        return [answer for (answer,) in alone]
