"""The process that holds each lease, and when it was last seen. Only operators read this; nothing is decided by it.

A process that was killed stays listed with an old time, until another process takes the lease.
"""

import asyncio
import os
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from socket import gethostname

import structlog
from msgspec import Struct
from sqlalchemy import Column, Connection, Table, Text, bindparam, delete, select, update

from groupchat.store.database import DATABASE_ERRORS, Database
from groupchat.store.tables import BIG, METADATA
from groupchat.store.upserts import upsert
from groupchat.values.clock import Clock, from_micros, to_micros, utc_now
from groupchat.values.errors import first_line
from groupchat.values.waiting import first_set

LEASE_HOLDERS = Table(
    "lease_holders",
    METADATA,
    Column("name", Text, primary_key=True, comment="the lease's, which is the follower's"),
    Column("process", Text, primary_key=True, comment="the machine's name and the process id"),
    Column("seen_at", BIG, nullable=False, comment="microseconds since 1970, in UTC"),
)
_T = LEASE_HOLDERS.c
SEEN_EVERY_SECONDS = 10.0
"""A process reports this often that it is alive."""
_FORGOTTEN_AFTER = timedelta(days=1)
_ALL = 2**63 - 1
_FORGET = delete(LEASE_HOLDERS).where(_T.name.in_(bindparam("names", expanding=True)), _T.seen_at < bindparam("before"))

log = structlog.get_logger()


class Holder(Struct, frozen=True):
    """A process that holds a lease, or held it when it was last seen."""

    process: str
    seen_at: datetime


def this_process() -> str:
    """Return the name of this process: its machine and its id."""
    return f"{gethostname()}/{os.getpid()}"


def note_holder(connection: Connection, names: Collection[str], shared: Collection[str]) -> None:
    """Record that this process has taken leases. Earlier holders are forgotten; those of `shared` leases, after a day."""
    now = utc_now()
    for taken, before in ((names, _ALL), (shared, to_micros(now - _FORGOTTEN_AFTER))):
        if taken:
            connection.execute(_FORGET, {"names": list(taken), "before": before})
    rows = [{"name": name, "process": this_process(), "seen_at": to_micros(now)} for name in (*names, *shared)]
    upsert(connection, LEASE_HOLDERS, rows)


def holders(connection: Connection) -> Mapping[str, Sequence[Holder]]:
    """Return each lease's holders, the one that was seen last first. A lease that nobody ever held is missing."""
    found: dict[str, list[Holder]] = {}
    query = select(_T.name, _T.process, _T.seen_at).order_by(_T.seen_at.desc(), _T.process)
    for name, process, seen_at in connection.execute(query):
        found.setdefault(name, []).append(Holder(process, from_micros(seen_at)))
    return found


async def keep_seen(
    database: Database, stop: asyncio.Event, *, every_seconds: float = SEEN_EVERY_SECONDS, clock: Clock = utc_now
) -> None:
    """Record every few seconds, until `stop` is set, that this process is alive, if it has leases."""
    while not stop.is_set():
        try:
            await asyncio.to_thread(_see, database, clock())
        except DATABASE_ERRORS as error:
            log.warning("holders_unseen", error=first_line(error))
        await first_set(stop, seconds=every_seconds)


def _see(database: Database, now: datetime) -> None:
    """Note the time, except for leases that are being taken: a wait for their rows could become a circle."""
    mine = _T.process == this_process()
    free = select(_T.name).where(mine).with_for_update(skip_locked=True)
    with database.statement() as connection:
        if not connection.execute(select(_T.name).where(mine).limit(1)).all():
            return
    with database.write(durable=False) as connection:
        connection.execute(update(LEASE_HOLDERS).where(mine, _T.name.in_(free)).values(seen_at=to_micros(now)))
