"""Counting a database's work: statements and transactions, in the order of their beginning."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import event

from groupchat.store.database import Database

_AROUND = re.compile(r"(?:BEGIN|SET LOCAL|COMMIT|PRAGMA)\b[^;]*(?:;\s*|$)")
"""What begins a transaction or ends it, sent with its first or last statement or by itself."""


class Asked(list[str]):
    """The statements that were executed; `transactions` is how many transactions began."""

    transactions = 0


@contextmanager
def counted(database: Database) -> Iterator[Asked]:
    """Keep a database's statements until the block ends, on all of its connections."""
    asked = Asked()

    def executed(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if asks := _AROUND.sub("", statement).strip():
            asked.append(asks)

    def begun(_connection: object) -> None:
        asked.transactions += 1

    with listening(database, "before_cursor_execute", executed), listening(database, "begin", begun):
        yield asked


@contextmanager
def listening(database: Database, name: str, listener: object) -> Iterator[None]:
    """Hear an event of all connections until the block ends."""
    for engine in database.engines:
        event.listen(engine, name, listener)
    try:
        yield
    finally:
        for engine in database.engines:
            event.remove(engine, name, listener)


def before_commits(database: Database, do: Callable[[], None]) -> None:
    """Do something before each commit: on Postgres, a statement of its own or the end of the last one of the transaction."""
    if database.is_sqlite:
        event.listen(database.writing, "commit", lambda _: do())
        return

    def executed(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.endswith("COMMIT"):
            do()

    event.listen(database.writing, "before_cursor_execute", executed)
