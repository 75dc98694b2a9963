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
            heard = _HeardSince(self._signals)
            if _reached(await self._stored(), names, position):
                return True
            await self.require_stored(position)
            try:
                async with asyncio.timeout(seconds):
                    await self._hear(bell, heard, names, position)
            except TimeoutError:
                return False
            return True

    async def _hear(self, bell: asyncio.Event, heard: "_HeardSince", names: Sequence[str], position: int) -> None:
        """Wait until the followers have reached the position, as heard, or as stored if that may be incomplete."""
        while not _reached(heard.positions, names, position):
            await bell.wait()
            bell.clear()
            if not heard.is_complete:
                heard = _HeardSince(self._signals)
                if _reached(await self._stored(), names, position):
                    return

    async def require_stored(self, position: int) -> None:
        """Raise `PositionAheadError` for a position beyond the log's end."""
        if position <= self._signals.newest:
            return
        if position <= self._signals.newest:  # heard only of what is stored
            return
        head = await asyncio.to_thread(self._log.head)
        if position > head:
            raise PositionAheadError(position, head)

    async def look(self) -> dict[str, FollowerStatus]:
        """Return every follower's stored status."""
        return await asyncio.to_thread(statuses, self._database)

    async def _stored(self) -> dict[str, int]:
        return {name: status.position for name, status in (await self.look()).items()}


def _reached(positions: Mapping[str, int], names: Sequence[str], position: int) -> bool:
    return all(positions.get(name, 0) >= position for name in names)


class _HeardSince:
    """The positions that this process has heard of since it began to listen. Earlier ones may be outdated by a rebuild."""

    def __init__(self, signals: Signals) -> None:
        self._signals = signals
        self._reached = signals.reached
        self._before = dict(self._reached)

    @property
    def is_complete(self) -> bool:
        """Return whether no follower has moved to a position that was not said."""
        return self._reached is self._signals.reached

    @property
    def positions(self) -> dict[str, int]:
        return {name: position for name, position in self._reached.items() if position != self._before.get(name)}
