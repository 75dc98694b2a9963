"""Waiting until followers have reached a position: how a reader sees what was just written."""

import asyncio
from collections.abc import Sequence

from groupchat.store.database import Database
from groupchat.store.follower import FollowerStatus, statuses
from groupchat.store.signals import Signals


class Progress:
    """Where the followers stand, in whichever process they run."""

    def __init__(self, database: Database, signals: Signals) -> None:
        self._database = database
        self._signals = signals
        self._known: dict[str, int] = {}

    async def wait_for(self, names: Sequence[str], position: int, seconds: float) -> bool:
        """Wait until all named followers have reached `position`; return false if they had not after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                with self._signals.progress.listen() as bell:
                    while not self._reached(names, position):
                        bell.clear()
                        await self.look()
                        if not self._reached(names, position):
                            await bell.wait()
        except TimeoutError:
            return False
        return True

    async def look(self) -> dict[str, FollowerStatus]:
        """Return every follower's status as stored."""
        found = await asyncio.to_thread(statuses, self._database)
        self._known = {name: status.position for name, status in found.items()}
        return found

    def _reached(self, names: Sequence[str], position: int) -> bool:
        return all(self._known.get(name, 0) >= position for name in names)
