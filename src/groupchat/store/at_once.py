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
        self._questions: list[Q] = []
        self._answering: asyncio.Task[Sequence[A | Exception]] | None = None

    @classmethod
    def in_thread(cls, answer: Callable[[Sequence[Q]], Sequence[A | Exception]]) -> Self:
        """Do the same with a function that blocks."""
        return cls(lambda questions: asyncio.to_thread(answer, questions))

    async def ask(self, question: Q) -> A:
        """Return the result of a request, or raise it."""
        if self._answering is None:
            self._answering = asyncio.create_task(self._answer_all())
        answering, place = self._answering, len(self._questions)
        self._questions.append(question)
        answer = (await asyncio.shield(answering))[place]  # a canceled caller takes nothing from the others
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def _answer_all(self) -> Sequence[A | Exception]:
        await asyncio.sleep(0)
        questions, self._questions, self._answering = self._questions, [], None
        return await self._answer(questions)
