"""Where a carrier's adapter keeps what it needs: in groupchat's database, but in no transaction with the event store."""

from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection


class Storage(Protocol):
    """A database on SQLite or Postgres, as `groupchat.store.database.Database`; its blocks are transactions and block.

    What is written with `durable=False` may be lost in a power failure, but never without what was stored before it.
    """

    def read(self) -> AbstractContextManager[Connection]:
        """Begin a transaction that reads."""

    def write(self, *, durable: bool = True) -> AbstractContextManager[Connection]:
        """Begin a transaction that writes; it commits at the end of the block."""
