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
        if names and _reached(await self.look(), names, position):
            return True
        await self.require_stored(position)
        if not names:
            return True
        try:
            async with asyncio.timeout(seconds):
                with self._signals.progress.listen() as bell:
                    while not _reached(await self.look(), names, position):
                        await bell.wait()
                        bell.clear()
        except TimeoutError:
            return False
        return True

    async def require_stored(self, position: int) -> None:
        """Raise `PositionAheadError` for a position beyond the log's end."""
        head = await asyncio.to_thread(self._log.head)
        if position > head:
            raise PositionAheadError(position, head)

    async def look(self) -> dict[str, FollowerStatus]:
        """Return every follower's stored status."""
        return await asyncio.to_thread(statuses, self._database)


def _reached(found: Mapping[str, FollowerStatus], names: Sequence[str], position: int) -> bool:
    return all((found[name].position if name in found else 0) >= position for name in names)
