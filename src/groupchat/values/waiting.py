"""Waiting for the first of several events, and the pauses after failures."""

import asyncio
from contextlib import suppress


async def first_set(*events: asyncio.Event, seconds: float | None = None) -> None:
    """Wait until one of the events is set, or the time is over."""
    if any(event.is_set() for event in events):
        return
    if len(events) == 1:  # without a task: followers wait for their bell up to fifty times a second
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await events[0].wait()
        return
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


class Pauses:
    """Pauses between tries, each twice as long as the one before, from the first to the longest; in seconds."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = self._next = first
        self._longest = longest

    def reset(self) -> None:
        """Start again with the first pause, after a success."""
        self._next = self._first

    def next(self) -> float:
        """Return the next pause."""
        seconds, self._next = self._next, min(self._next * 2, self._longest)
        return seconds
