"""Responses stored under idempotency keys. They are looked up and stored in the transaction of the events that they report.

A row says that this user's request, under this key, was done, and what the response was. The caller defines the format of the
bytes.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta

from msgspec import Struct
from sqlalchemy import BigInteger, Connection, delete, literal_column, select, tuple_

from groupchat.store.database import Database
from groupchat.store.tables import IDEMPOTENCY_KEYS

AT_ONCE = 1_000
_FIND_SQLITE = """
    SELECT k.user_id, k.key, k.request, k.answer, k.at, k.position
    FROM json_each(?) AS name CROSS JOIN idempotency_keys AS k
    WHERE k.user_id = name.value ->> 0 AND k.key = name.value ->> 1
"""
_FIND_POSTGRES = """
    SELECT k.user_id, k.key, k.request, k.answer, k.at, k.position
    FROM json_array_elements(%s::json) AS name CROSS JOIN LATERAL (
        SELECT * FROM idempotency_keys WHERE user_id = name ->> 0 AND key = name ->> 1 LIMIT 1) AS k
"""
_NOW_SQLITE = "CAST(strftime('%s', 'now') AS INTEGER)"
_NOW_POSTGRES = "extract(epoch FROM now())::bigint"
"""The database's clock, which is the same for all processes, in seconds since 1970."""
_KEEP_SQLITE = """
    INSERT INTO idempotency_keys (user_id, key, request, answer, at, position) VALUES (?, ?, ?, ?, max(?, {earliest}), ?)
"""
_KEEP_POSTGRES = """
    INSERT INTO idempotency_keys (user_id, key, request, answer, at, position)
    SELECT user_id, key, request, answer, greatest(at, {earliest}), position
    FROM unnest(%s::text[], %s::text[], %s::bytea[], %s::bytea[], %s::bigint[], %s::bigint[])
        AS kept (user_id, key, request, answer, at, position)
"""


class IdempotencyKey(Struct, frozen=True):
    """A user's key for one request; `request` is a digest of everything that distinguishes the request."""

    user_id: str
    key: str
    request: bytes

    @property
    def name(self) -> tuple[str, str]:
        """The identity of a stored answer: the user and their key."""
        return self.user_id, self.key


class StoredAnswer(Struct, frozen=True):
    """The response to a request, at `at` seconds since 1970; `position` covers its events, and is 0 until they are stored."""

    key: IdempotencyKey
    answer: bytes
    at: int
    position: int = 0


def find(connection: Connection, keys: Iterable[IdempotencyKey]) -> dict[tuple[str, str], StoredAnswer]:
    """Return the responses stored under these users' keys, for any request. Without keys, no query runs."""
    names = [key.name for key in keys]
    if not names:
        return {}
    sql = _FIND_SQLITE if connection.dialect.name == "sqlite" else _FIND_POSTGRES
    rows = connection.exec_driver_sql(sql, (json.dumps(names),)).all()
    found = (
        StoredAnswer(IdempotencyKey(user_id, key, bytes(request)), bytes(answer), *when)
        for user_id, key, request, answer, *when in rows
    )
    return {kept.key.name: kept for kept in found}


def keep(connection: Connection, answers: Sequence[StoredAnswer], *, moved: bool = False) -> None:
    """Store responses with the database's time, or with their own time if that is later.

    Responses that are `moved` from another store keep their own time.
    """
    rows = [(kept.key.user_id, kept.key.key, kept.key.request, kept.answer, kept.at, kept.position) for kept in answers]
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_KEEP_SQLITE.format(earliest=0 if moved else _NOW_SQLITE), rows)
    else:
        statement = _KEEP_POSTGRES.format(earliest=0 if moved else _NOW_POSTGRES)
        connection.exec_driver_sql(statement, tuple(map(list, zip(*rows, strict=True))))


def forget(database: Database, kept_for: timedelta, *, at_once: int = AT_ONCE) -> int:
    """Remove responses that are older, `at_once` at a time so that no writer waits long; return how many were removed.

    The database's clock decides the age, so a process with a wrong clock removes nothing too early.
    """
    table = IDEMPOTENCY_KEYS.c
    now = literal_column(_NOW_SQLITE if database.is_sqlite else _NOW_POSTGRES, BigInteger)
    old = select(table.user_id, table.key).where(table.at < now - int(kept_for.total_seconds())).limit(at_once)
    removed = 0
    while True:
        with database.write(durable=False) as connection:
            count = connection.execute(delete(IDEMPOTENCY_KEYS).where(tuple_(table.user_id, table.key).in_(old))).rowcount
        removed += count
        if count < at_once:
            return removed
