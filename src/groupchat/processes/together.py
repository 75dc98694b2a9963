"""Together: requests that several tasks make in the same turn of the event loop are handled in one call."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Together(Generic[T]):
    """Wraps an action on many things as an action on one. All callers raise what the action raises."""

    def __init__(self, action: Callable[[Sequence[T]], Awaitable[None]]) -> None:
        self._action = action
        self._wanted: list[T] = []
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, wanted: T) -> None:
        """Request the action on one thing, and wait until it is done."""
        self._wanted.append(wanted)
        if self._task is None:
            self._task = asyncio.create_task(self._act())
        await asyncio.shield(self._task)  # a canceled caller does not cancel the others' action

    async def _act(self) -> None:
        await asyncio.sleep(0)
        wanted, self._wanted, self._task = self._wanted, [], None
        await self._action(wanted)
