"""The positions of followers, and the errors that stopped them. Only this module touches the table `followers`.

A position changes in the transaction that stores the effects of an event, so most functions take the caller's transaction. Code
that moves a follower from outside first locks it (`lock`): its row, then its places in Kafka's partitions, always in this order.
"""

import json
from collections.abc import Collection, Sequence

import structlog
from msgspec import Struct
from sqlalchemy import Connection, bindparam, func, select, update

from groupchat.store import parked, places
from groupchat.store.at_once import AtOnce
from groupchat.store.database import Database, run_at_end
from groupchat.store.signals import PROGRESS_CHANNEL, notify_log, notify_progress
from groupchat.store.tables import FOLLOWED_PARTITIONS, FOLLOWERS, PARKED_EVENTS
from groupchat.store.upserts import insert_new, upsert

TABLES = (FOLLOWERS, PARKED_EVENTS, FOLLOWED_PARTITIONS)
"""The tables that store followers' positions, for a second database next to the main one."""

_T = FOLLOWERS.c
_STATUSES = select(_T.name, func.coalesce(places.LOWEST, _T.position), _T.stopped_at, _T.error, parked.COUNT)
_NAMED = _T.name.in_(bindparam("names", expanding=True))
_STATUSES_OF = _STATUSES.where(_NAMED)
_LOCK_POSTGRES = f"""
    SELECT FROM followers WHERE name = ANY(%(names)s) ORDER BY name FOR UPDATE{{nowait}};
    {places.LOCK_POSTGRES};
    SELECT name, coalesce((SELECT min(position) FROM followed_partitions WHERE view = name), position), stopped_at, error,
        (SELECT count(*) FROM parked_events WHERE follower = name)
    FROM followers WHERE name = ANY(%(names)s)
"""  # noqa: S608 - constants
_WAITING = _LOCK_POSTGRES.format(nowait="")
_AT_ONCE = _LOCK_POSTGRES.format(nowait=" NOWAIT")
_MOVE_POSTGRES = f"""
    UPDATE followers AS f SET position = m.position
    FROM unnest(%(names)s, %(positions)s) AS m (name, position) WHERE f.name = m.name AND f.position < m.position;
    {places.RAISE_POSTGRES};
    NOTIFY {PROGRESS_CHANNEL}, %(reached)s
"""  # noqa: S608 - constants
_ADVANCE = update(FOLLOWERS).where(_NAMED, _T.position < bindparam("to")).values(position=bindparam("to"))
"""Statements of every batch are built once: building one takes several times as long as running it.

On Postgres, those that follow each other are sent together, because a round trip costs more than they do.
"""

log = structlog.get_logger()


class PoisonError(Exception):
    """One event can't be handled; `correlation_id` is that of the request that led to it, if it can be read."""

    def __init__(self, position: int, reason: str, correlation_id: str | None = None) -> None:
        super().__init__(f"the event at position {position} can't be handled: {reason}")
        self.position = position
        self.reason = reason
        self.correlation_id = correlation_id


class FollowerStatus(Struct, frozen=True):
    """A follower's position; for a view that follows Kafka, the position of its lowest partition.

    `stopped_at` is the position of the event that stopped it, 0 if no event did. An `error` without it may pass.
    """

    name: str
    position: int
    stopped_at: int | None = None
    error: str | None = None
    parked: int = 0
    """The number of events that were ever parked."""


# --- reading


def statuses(database: Database) -> dict[str, FollowerStatus]:
    """Return every follower that ever ran. It blocks."""
    with database.statement() as connection:
        return {row.name: FollowerStatus(*row) for row in connection.execute(_STATUSES)}


class Statuses:
    """The stored statuses. Followers of one process that ask together share one query."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._at_once = AtOnce.in_thread(self._look)

    async def of(self, name: str) -> FollowerStatus:
        """Return a follower's status; its position is 0 if it never ran."""
        return await self._at_once.ask(name)

    def _look(self, names: Sequence[str]) -> list[FollowerStatus]:
        found = statuses(self._database)
        return [found.get(name) or FollowerStatus(name, 0) for name in names]


def status_of(connection: Connection, name: str) -> FollowerStatus:
    """Return a follower's status; its position is 0 if it never ran."""
    row = connection.execute(_STATUSES_OF, {"names": [name]}).one_or_none()
    return FollowerStatus(name, 0) if row is None else FollowerStatus(*row)


def lock(connection: Connection, name: str) -> FollowerStatus:
    """Lock a follower and return its status. A follower that never ran gets a row."""
    return lock_all(connection, [name])[name]


def lock_all(connection: Connection, names: Collection[str], *, wait: bool = True) -> dict[str, FollowerStatus]:
    """Do the same for several followers, in the order of their names, so that two transactions never wait for each other.

    Without `wait`, a follower that is locked by another transaction is an error (`database.is_locked`).
    """
    found = _locked(connection, names, wait=wait)
    missing = set(names).difference(found)
    if missing:
        for name in sorted(missing):
            ensure(connection, name)
        found = _locked(connection, names, wait=wait)
    return found


def _locked(connection: Connection, names: Collection[str], *, wait: bool) -> dict[str, FollowerStatus]:
    """Lock those that ever ran. On SQLite, the transaction that writes has locked everything."""
    if connection.dialect.name == "postgresql":  # the last query sees what was stored before the locks were free
        found = connection.exec_driver_sql(_WAITING if wait else _AT_ONCE, {"names": list(names)})
    else:
        found = connection.execute(_STATUSES_OF, {"names": list(names)})
    return {row[0]: FollowerStatus(*row) for row in found}


# --- moving


def ensure(connection: Connection, name: str) -> None:
    """Make sure that a follower has a row."""
    insert_new(connection, FOLLOWERS, [{"name": name, "position": 0}])


def advance(connection: Connection, names: Sequence[str], position: int) -> None:
    """Store the followers' new position, except for those that are further ahead."""
    if connection.execute(_ADVANCE, {"names": list(names), "to": position}).rowcount != len(names):
        insert_new(connection, FOLLOWERS, [{"name": name, "position": position} for name in names])
    notify_progress(connection, dict.fromkeys(names, position))


def move(connection: Connection, moves: dict[str, int]) -> None:
    """Store the new positions of locked followers when the transaction ends, and raise the places of those that followed Kafka."""
    if connection.dialect.name == "postgresql":
        columns = {"names": list(moves), "positions": list(moves.values()), "reached": json.dumps(moves)}
        run_at_end(connection, _MOVE_POSTGRES, columns)
        return
    for position in dict.fromkeys(moves.values()):
        names = [name for name, to in moves.items() if to == position]
        places.raise_places(connection, names, position)
        connection.execute(_ADVANCE, {"names": names, "to": position})


def stand_at(connection: Connection, name: str, position: int) -> None:
    """Store the position of a follower that keeps it elsewhere too; clear its errors."""
    ensure(connection, name)
    _set(connection, name, position=position, error=None, stopped_at=None)
    notify_progress(connection)


def reset_to(connection: Connection, name: str, position: int) -> None:
    """Let a locked view continue from a position as if nothing had ever stopped it; its parked events are forgotten."""
    parked.forget(connection, name)
    places.raise_places(connection, [name], position)
    _set(connection, name, position=position, error=None, stopped_at=None)
    notify_log(connection)
    notify_progress(connection)


def restore(connection: Connection, status: FollowerStatus) -> None:
    """Give a follower the position that it had in another store."""
    row = {"name": status.name, "position": status.position, "stopped_at": status.stopped_at, "error": status.error}
    upsert(connection, FOLLOWERS, [row])


# --- stopping


def record_failure(connection: Connection, name: str, error: str | None) -> None:
    """Store the error that keeps a follower from working at the moment, or clear it, unless the follower is stopped."""
    ensure(connection, name)
    connection.execute(update(FOLLOWERS).where(_T.name == name, _T.stopped_at.is_(None)).values(error=error))


def stop_at(database: Database, name: str, poison: PoisonError, standing: int | None = None) -> None:
    """Stop a follower if it is still at `standing`, or between that position and the event; a rebuild may have moved it.

    Without `standing`, it stops at any position: at an event that it had put off, or (position 0) at none. It blocks.
    """
    log.error(
        "follower_stopped", follower=name, position=poison.position, error=poison.reason, correlation_id=poison.correlation_id
    )
    with database.write() as connection:
        position = lock(connection, name).position
        if standing is None or standing <= position < poison.position:
            _set(connection, name, stopped_at=poison.position, error=poison.reason)
        notify_progress(connection)


def retry(database: Database, name: str) -> FollowerStatus:
    """Let a stopped follower try its event again. It blocks."""
    with database.write() as connection:
        return _resume(connection, name)


def park(database: Database, name: str) -> FollowerStatus:
    """Park the event that stopped a follower and let it continue. The event stays in the log. It blocks."""
    with database.write() as connection:
        status = lock(connection, name)
        if not status.stopped_at:  # 0: no event stopped it
            return status
        parked.set_aside(connection, name, {status.stopped_at: status.error or ""})
        return _resume(connection, name)


def _resume(connection: Connection, name: str) -> FollowerStatus:
    _set(connection, name, stopped_at=None, error=None)
    notify_log(connection)
    return status_of(connection, name)


def _set(connection: Connection, name: str, **values: int | str | None) -> None:
    connection.execute(update(FOLLOWERS).where(_T.name == name).values(values))
