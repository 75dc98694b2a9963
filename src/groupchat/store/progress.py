"""Waiting until followers have reached a position, so that readers see their own writes."""

import asyncio
from collections.abc import Mapping, Sequence

from groupchat.store.database import Database
from groupchat.store.log import Log
from groupchat.store.positions import FollowerStatus, statuses
from groupchat.store.refusals import PositionAheadError
from groupchat.store.signals import Signals


class Progress:
    """The positions of all followers, in any process."""

    def __init__(self, database: Database, signals: Signals) -> None:
        self._database = database
        self._signals = signals
        self._log = Log.of(database)

    async def wait_for(self, names: Sequence[str], position: int, seconds: float) -> bool:
        """Wait until all named followers, if any, have reached `position`; return false if they had not after `seconds`.

        Only stored positions count, because a rebuild sends a follower back to the beginning. Raises `PositionAheadError`
        immediately for a position that the log does not have.
        """
        if not names:
            await self.require_stored(position)
            return True
        with self._signals.progress.listen() as bell:
            known = _KnownPositions(self, self._signals)
            if await known.have_reached(names, position):
                return True
            await self.require_stored(position)
            try:
                async with asyncio.timeout(seconds):
                    while not await known.have_reached(names, position):
                        await bell.wait()
                        bell.clear()
            except TimeoutError:  # the bell may have been silent, as behind a firewall that drops connections
                return await _KnownPositions(self, self._signals).have_reached(names, position)
            return True

    async def require_stored(self, position: int) -> None:
        """Raise `PositionAheadError` for a position beyond the log's end."""
        if position <= self._signals.newest:  # it heard only of what is stored
            return
        head = await asyncio.to_thread(self._log.head)
        if position > head:
            raise PositionAheadError(position, head)

    async def look(self) -> dict[str, FollowerStatus]:
        """Return every follower's stored status."""
        return await asyncio.to_thread(statuses, self._database)


class _KnownPositions:
    """Followers' positions: those that were stored when we looked, and those that this process has heard of since.

    What it heard before may be outdated by a rebuild. When a follower has moved without saying where, we look again.
    """

    def __init__(self, progress: Progress, signals: Signals) -> None:
        self._progress = progress
        self._signals = signals
        self._heard: dict[str, int] | None = None

    async def have_reached(self, names: Sequence[str], position: int) -> bool:
        """Return whether all of these followers have reached a position."""
        if self._heard is not self._signals.reached:
            self._heard = self._signals.reached
            self._before = dict(self._heard)
            self._stored = await self._progress.look()
        return all(self._position(name, self._heard) >= position for name in names)

    def _position(self, name: str, heard: Mapping[str, int]) -> int:
        stored = self._stored[name].position if name in self._stored else 0
        since = heard.get(name, 0)
        return stored if since == self._before.get(name) else max(stored, since)
