"""Reactions that take long: they go on in the background, and hold up only the later events of their own key.

The events of such a reaction are put off (`store/put_off.py`), so they survive this process: another one handles them when they are
due. While the reaction goes on here, they are put off again, and nobody handles them a second time.
"""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from groupchat.processes.ends import End, Reacted
from groupchat.values.event import Recorded

MOST = 500
"""While this many are running, no other reactions begin."""

_AGAIN_SECONDS = 60.0


class _Underway(Struct, frozen=True):
    events: Sequence[Recorded]
    task: asyncio.Task[End]


class Background:
    """The background reactions of one process, by key."""

    def __init__(self, ended: asyncio.Event, most: int = MOST) -> None:
        """Set `ended` when one of them has ended."""
        self._ended = ended
        self._most = most
        self._underway: dict[str, _Underway] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._underway

    def keep(self, key: str, events: Sequence[Recorded], task: asyncio.Task[End]) -> None:
        """Keep the task that reacts to a key's events. They must be put off already."""
        self._underway[key] = _Underway(events, task)
        task.add_done_callback(lambda _: self._ended.set())

    def ended(self) -> dict[str, Reacted]:
        """Return those that have ended, by key."""
        return {key: Reacted(each.events, each.task.result()) for key, each in self._underway.items() if each.task.done()}

    def forget(self, keys: Collection[str]) -> None:
        """Forget those whose results are stored."""
        for key in keys:
            del self._underway[key]

    async def room(self) -> None:
        """Wait until fewer than the most are running."""
        while len(running := self._running()) >= self._most:
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)

    async def all_ended(self) -> None:
        """Wait until none is running."""
        if running := self._running():
            await asyncio.wait(running)

    def _running(self) -> list[asyncio.Task[End]]:
        return [each.task for each in self._underway.values() if not each.task.done()]


def again_at(now: datetime) -> datetime:
    """Return when the events of a reaction that is running now are looked at again."""
    return now + timedelta(seconds=_AGAIN_SECONDS)
