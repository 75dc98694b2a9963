"""Gathering: calls that arrive while another is in progress are made together in the next one.

One transaction then serves many messages. Only the carrier knows about this: each caller gets its own answer.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

_AT_MOST = 200


class Gathering(Generic[Asked, Answer]):
    """Turns a blocking function of many arguments, which returns one result for each, into an awaitable call with one argument."""

    def __init__(self, of_many: Callable[[Sequence[Asked]], Sequence[Answer]]) -> None:
        self._of_many = of_many
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, asked: Asked) -> Answer:
        """Return the result; raises the exception of the function for all calls in the batch."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting[:_AT_MOST], self._waiting[_AT_MOST:]
            try:
                answers = await asyncio.to_thread(self._of_many, [asked for asked, _ in taken])
            except Exception as error:  # noqa: BLE001 - the callers handle it
                for _, future in taken:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), answer in zip(taken, answers, strict=True):
                if not future.done():
                    future.set_result(answer)
