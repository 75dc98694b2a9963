"""Answers that are kept under idempotency keys: looked for, and stored, in the transaction of the events that they tell of.

A row says: this user's request, under this key, was done and was answered so. What the answer's bytes mean is the caller's affair.
"""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select, tuple_

from groupchat.store.database import Database
from groupchat.store.tables import IDEMPOTENCY_KEYS

_AT_ONCE = 1_000


class Key(Struct, frozen=True):
    """A user's key for one request; `request` is a digest of all that makes the request what it is."""

    user_id: str
    key: str
    request: bytes

    @property
    def name(self) -> tuple[str, str]:
        """What no two kept answers share: a key is its user's own."""
        return self.user_id, self.key


class Kept(Struct, frozen=True):
    """The answer to a request, `at` seconds since 1970; `position` covers what was stored with it, 0 until that is stored."""

    key: Key
    answer: bytes
    at: int
    position: int = 0


def find(connection: Connection, keys: Iterable[Key]) -> dict[tuple[str, str], Kept]:
    """Return the answers kept under these users' keys, whatever the requests were; without keys nothing is asked."""
    names = [key.name for key in keys]
    if not names:
        return {}
    table = IDEMPOTENCY_KEYS.c
    query = select(IDEMPOTENCY_KEYS).where(tuple_(table.user_id, table.key).in_(names))
    found = [_kept(*row) for row in connection.execute(query).all()]
    return {kept.key.name: kept for kept in found}


def keep(connection: Connection, answers: Iterable[Kept]) -> None:
    """Store answers."""
    rows = [
        {
            "user_id": kept.key.user_id,
            "key": kept.key.key,
            "request": kept.key.request,
            "answer": kept.answer,
            "at": kept.at,
            "position": kept.position,
        }
        for kept in answers
    ]
    if rows:
        connection.execute(insert(IDEMPOTENCY_KEYS), rows)


def forget(database: Database, before: datetime) -> int:
    """Remove what was kept before a moment, a little at a time, so that no writer waits long; return how much it was."""
    table = IDEMPOTENCY_KEYS.c
    old = select(table.user_id, table.key).where(table.at < int(before.timestamp())).limit(_AT_ONCE)
    removed = 0
    while True:
        with database.write(durable=False) as connection:
            count = connection.execute(delete(IDEMPOTENCY_KEYS).where(tuple_(table.user_id, table.key).in_(old))).rowcount
        removed += count
        if count < _AT_ONCE:
            return removed


def _kept(user_id: str, key: str, request: bytes, answer: bytes, at: int, position: int) -> Kept:
    return Kept(Key(user_id, key, bytes(request)), bytes(answer), at, position)
