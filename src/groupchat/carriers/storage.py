"""Storage for a carrier's adapter: in groupchat's database, but never in one transaction with the event store."""

from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection


class Storage(Protocol):
    """A database on SQLite or Postgres, like `groupchat.store.database.Database`. Its blocks are transactions and block the thread.

    A power failure may lose data written with `durable=False`, but never without everything that was stored after it.
    """

    def read(self) -> AbstractContextManager[Connection]:
        """Begin a transaction that reads."""

    def write(self, *, durable: bool = True) -> AbstractContextManager[Connection]:
        """Begin a transaction that writes; it commits at the end of the block."""
