"""The time of each login's last use, to the minute. It is not an event, because no decision depends on it.

A use is noted in memory and saved in the background, at most once a minute for each login.
"""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime

import structlog
from sqlalchemy import Connection, select, text

from groupchat.store.database import DATABASE_ERRORS, Database
from groupchat.store.tables import LAST_USES
from groupchat.values.errors import first_line

EVERY_SECONDS = 60
_REMEMBERED = 10_000
_SAVE = text(
    "INSERT INTO last_uses (login_id, at) VALUES (:login_id, :at) "
    "ON CONFLICT (login_id) DO UPDATE SET at = excluded.at WHERE last_uses.at < excluded.at"
)

log = structlog.get_logger()


class LastUses:
    """Notes uses in this process. It belongs to one event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: dict[str, int] = {}
        self._unsaved: dict[str, int] = {}
        self._saving: asyncio.Task[None] | None = None

    def note(self, login_id: str, at: datetime) -> None:
        """Note that a login was used."""
        seconds = int(at.timestamp())
        if seconds - self._noted.get(login_id, 0) < EVERY_SECONDS:
            return
        if len(self._noted) >= _REMEMBERED:
            self._noted.clear()
        self._noted[login_id] = self._unsaved[login_id] = seconds
        if self._saving is None or self._saving.done():
            self._saving = asyncio.get_running_loop().create_task(self._save())

    async def saved(self) -> None:
        """Wait until the noted uses are saved."""
        if self._saving is not None:
            await self._saving

    async def _save(self) -> None:
        while self._unsaved:
            uses, self._unsaved = self._unsaved, {}
            try:
                await asyncio.to_thread(self._write, uses)
            except DATABASE_ERRORS as error:
                log.warning("last_uses_not_saved", error=first_line(error))

    def _write(self, uses: dict[str, int]) -> None:
        with self._database.write(durable=False) as connection:
            connection.execute(_SAVE, [{"login_id": login_id, "at": at} for login_id, at in sorted(uses.items())])


def last_uses(connection: Connection, login_ids: Collection[str]) -> dict[str, datetime]:
    """Return the time of these logins' last use, to the minute; logins that were never used are missing."""
    found = connection.execute(select(LAST_USES).where(LAST_USES.c.login_id.in_(login_ids)))
    return {login_id: datetime.fromtimestamp(at, UTC) for login_id, at in found}
