"""Bells: a task that follows the log, or waits for a follower, sleeps until a bell rings.

Events of this process ring it directly. Other processes are noticed through Postgres' LISTEN/NOTIFY, or on SQLite by watching
`PRAGMA data_version`, which changes when another connection has written.
"""

import asyncio
import json
import select
import socket
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from threading import Event, Lock, Thread
from time import monotonic, sleep

import structlog
from sqlalchemy import Connection

from groupchat.store.database import Database
from groupchat.store.recorder import LOG_CHANNEL
from groupchat.values.errors import described

PROGRESS_CHANNEL = "groupchat_progress"
"""The Postgres channel that is notified when followers have moved, with their positions as a JSON object, or with nothing."""

SQLITE_LOOK_SECONDS = 0.05
_QUIET_SECONDS, _QUIET_LOOKS = 1.0, 4
"""After so long without a change, changes are looked for every fourth time only: each look wakes a sleeping processor."""
_RECONNECT_SECONDS = 1.0
_GATHER_SECONDS = 0.002
"""After a notification, further ones are gathered for this time: many transactions a second would wake this thread for each."""

log = structlog.get_logger()


def notify_log(connection: Connection) -> None:
    """Wake the followers of other processes when this transaction commits."""
    _notify(connection, LOG_CHANNEL)


def notify_progress(connection: Connection, reached: Mapping[str, int] | None = None) -> None:
    """Wake all tasks in other processes that wait for a follower, when this transaction commits.

    `reached` has the followers' positions; without it, they have to look.
    """
    _notify(connection, PROGRESS_CHANNEL, json.dumps(reached) if reached else "")


def _notify(connection: Connection, channel: str, payload: str = "") -> None:
    if connection.dialect.name == "postgresql":  # on SQLite, other processes notice the write itself
        connection.exec_driver_sql(f"NOTIFY {channel}, %s", (payload,))


class Bell:
    """Wakes all listeners. It may be rung in any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._listeners: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def ring(self) -> None:
        """Wake all listeners. One that hasn't cleared its event yet will look anyway, so its event loop is not woken again."""
        with self._lock:
            listeners = tuple(self._listeners)
        for loop, event in listeners:
            if not event.is_set() and not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    @contextmanager
    def listen(self, stop: asyncio.Event | None = None) -> Iterator[asyncio.Event]:
        """Listen in the running event loop. Each ring sets the event, and so does `stop`; clear it before you look for changes."""
        bell = _ListenersEvent(stop)
        listener = (asyncio.get_running_loop(), bell)
        stopping = None if stop is None else asyncio.create_task(_ring_at(stop, bell))
        with self._lock:
            self._listeners.add(listener)
        try:
            yield bell
        finally:
            with self._lock:
                self._listeners.discard(listener)
            if stopping is not None:
                stopping.cancel()


class _ListenersEvent(asyncio.Event):
    """A listener's event. Once the listener must stop, it stays set, even if `stop` came just before a `clear`."""

    def __init__(self, stop: asyncio.Event | None) -> None:
        super().__init__()
        self._stop = stop

    def clear(self) -> None:
        """Clear it, unless the listener must stop."""
        if self._stop is None or not self._stop.is_set():
            super().clear()


async def _ring_at(stop: asyncio.Event, bell: asyncio.Event) -> None:
    await stop.wait()
    bell.set()


class Signals:
    """The two bells of a process: `log` for new events, `progress` for followers that moved.

    `look_seconds` is how often other processes are looked for on SQLite; while nothing changes, four times as long.
    """

    def __init__(self, database: Database, *, look_seconds: float = SQLITE_LOOK_SECONDS) -> None:
        self.log = Bell()
        self.progress = Bell()
        self._database = database
        self.newest = 0
        """The newest event for which the bell was rung: this process hears its own events over Postgres, too."""
        self.calls = 0
        """How often the bell of the log was rung for anything else: what it was is not known."""
        self.reached: dict[str, int] = {}
        """The positions that followers have reached, as far as this process has heard.

        When one may have moved anywhere, as in a rebuild, another mapping begins, and only the database knows the positions.
        """
        self._look_seconds = look_seconds
        self._stopping = Event()
        self._waker, self._woken = socket.socketpair()
        target = self._watch_sqlite if database.is_sqlite else self._listen_postgres
        self._thread = Thread(target=target, name="signals", daemon=True)
        self._thread.start()

    def stored(self, position: int) -> None:
        """Report that events up to a position were stored, by this process or another."""
        if position > self.newest:
            self.newest = position
            self.log.ring()

    def call(self) -> None:
        """Let the followers of this process look at the log and at their own state."""
        self.calls += 1
        self.log.ring()

    def moved(self, reached: Mapping[str, int] | None = None) -> None:
        """Report that followers moved, to these positions or to unknown ones, and that this is stored."""
        if reached is None:
            self.reached = {}
        else:
            self.reached.update(reached)
        self.progress.ring()

    def close(self) -> None:
        """Stop watching other processes."""
        self._stopping.set()
        self._waker.send(b"x")
        self._thread.join()
        self._waker.close()
        self._woken.close()

    def _ring_both(self) -> None:
        self.call()
        self.moved()

    def _watch_sqlite(self) -> None:
        seen: int | None = None
        changed = monotonic()
        while not self._stopping.wait(self._look_seconds):
            try:
                with self._database.engine.connect() as connection:
                    raw = connection.connection.driver_connection
                    while raw is not None and not self._stopping.wait(self._pause_since(changed)):
                        version = raw.execute("PRAGMA data_version").fetchone()[0]
                        if version != seen:
                            seen, changed = version, monotonic()
                            self._ring_both()
            except Exception as error:  # noqa: BLE001 - if the watcher ended, followers would sleep on
                log.warning("signals_lost", error=described(error))

    def _pause_since(self, changed: float) -> float:
        return self._look_seconds if monotonic() < changed + _QUIET_SECONDS else _QUIET_LOOKS * self._look_seconds

    def _listen_postgres(self) -> None:
        while not self._stopping.is_set():
            try:
                self._hear_postgres()
            except Exception as error:  # noqa: BLE001 - whatever breaks the connection, the loop opens another one
                log.warning("signals_lost", error=described(error))
                self._stopping.wait(_RECONNECT_SECONDS)

    def _ring(self, notices: AbstractSet[tuple[str, str]]) -> None:
        stored = [int(payload) for channel, payload in notices if channel == LOG_CHANNEL and payload]
        self.stored(max(stored, default=0))
        if (LOG_CHANNEL, "") in notices:  # an operator's doing
            self.call()
        moved = [payload for channel, payload in notices if channel == PROGRESS_CHANNEL]
        if "" in moved:
            self.moved()
        elif moved:
            self.moved(_highest(moved))

    def _hear_postgres(self) -> None:
        fairy = self._database.engine.raw_connection()
        raw = fairy.driver_connection  # a detached connection doesn't keep the setting
        fairy.detach()
        if raw is None:
            msg = "a new connection has none"
            raise RuntimeError(msg)
        try:
            raw.set_session(autocommit=True)
            with raw.cursor() as cursor:
                cursor.execute(f"LISTEN {LOG_CHANNEL}; LISTEN {PROGRESS_CHANNEL}")
            self._ring_both()  # events stored before we listened
            while not self._stopping.is_set():
                select.select([raw, self._woken], [], [])
                raw.poll()
                notices = {(notify.channel, notify.payload) for notify in raw.notifies}
                raw.notifies.clear()
                self._ring(notices)
                sleep(_GATHER_SECONDS)
        finally:
            raw.close()


def _highest(moved: Sequence[str]) -> dict[str, int]:
    """Return the highest position of each follower in payloads that were heard at the same time."""
    heard = sorted((position, name) for payload in moved for name, position in json.loads(payload).items())
    return {name: position for position, name in heard}
