"""Simultaneous requests are answered together by one call.

Followers that wait for the same bell are woken in the same turn of the event loop, so their requests come in the same turn, too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Self, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


class AtOnce(Generic[Q, A]):
    """Collects the requests of one turn of the event loop, and calls `answer` once for all of them.

    `answer` returns a result for each request, in their order; an exception is raised where its request was made.
    """

    def __init__(self, answer: Callable[[Sequence[Q]], Awaitable[Sequence[A | Exception]]]) -> None:
        self._answer = answer
        self._asked: list[tuple[Q, asyncio.Future[A]]] = []
        self._answering: set[asyncio.Task[None]] = set()

    @classmethod
    def in_thread(cls, answer: Callable[[Sequence[Q]], Sequence[A | Exception]]) -> Self:
        """Do the same with a function that blocks."""
        return cls(lambda questions: asyncio.to_thread(answer, questions))

    async def ask(self, question: Q) -> A:
        """Return the result of a request, or raise it. A canceled caller takes nothing from the others."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[A] = loop.create_future()
        if self._asked and self._asked[0][1].get_loop() is not loop:  # which ended before it could answer
            self._asked = []
        if not self._asked:
            answering = asyncio.create_task(self._answer_all())
            self._answering.add(answering)
            answering.add_done_callback(self._answering.discard)
        self._asked.append((question, answer))
        return await answer

    async def _answer_all(self) -> None:
        await asyncio.sleep(0)
        asked, self._asked = self._asked, []
        answers: Sequence[A | BaseException]
        try:
            answers = await self._answer([question for question, _ in asked])
        except BaseException as error:  # noqa: BLE001 - raised where the requests were made, which would wait forever
            answers = [error] * len(asked)
        for (_, future), answer in zip(asked, answers, strict=True):
            if future.done():  # its caller was canceled
                continue
            if isinstance(answer, BaseException):
                future.set_exception(answer)
            else:
                future.set_result(answer)
