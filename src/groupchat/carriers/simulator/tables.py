"""The simulated carrier's tables: its own state, in the same database but never in one transaction with the event store.

Times are microseconds since 1970, in UTC. Numbers are E.164. Lists are JSON, as UTF-8 text.
"""

from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import BigInteger, Boolean, Column, Connection, Float, Index, Integer, MetaData, Table, Text

METADATA = MetaData()
_BIG = BigInteger().with_variant(Integer(), "sqlite")

HANDSETS = Table(
    "simulator_handsets",
    METADATA,
    Column("id", _BIG, primary_key=True, autoincrement=True, comment="the order of arrival"),
    Column("number", Text, nullable=False, comment="the handset that received the message"),
    Column("message_id", Text, nullable=False, comment="ours, or the carrier's own for a participant's message"),
    Column("business_number", Text, nullable=False),
    Column("author", Text, nullable=False, comment="the author's number"),
    Column("others", Text, nullable=False, comment="JSON: the other participants, sorted"),
    Column("body", Text),
    Column("media", Text, nullable=False, comment="JSON: [{url, content_type}]"),
    Column("at", _BIG, nullable=False),
    Index("simulator_handsets_number", "number", "id"),
    Index("simulator_handsets_message", "message_id"),
)

SENT = Table(
    "simulator_sent",
    METADATA,
    Column("id", _BIG, primary_key=True, autoincrement=True),
    Column("message_id", Text, nullable=False, comment="ours; twice if it was sent twice"),
    Column("business_number", Text, nullable=False),
    Column("results", Text, nullable=False, comment="JSON: the results, per recipient"),
    Column("at", _BIG, nullable=False),
    Index("simulator_sent_message", "message_id", "id"),
)

RECEIPTS = Table(
    "simulator_receipts",
    METADATA,
    Column("id", _BIG, primary_key=True, autoincrement=True),
    Column("message_id", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("code", Text),
    Column("opted_out", Boolean, nullable=False),
    Column("due_at", _BIG, nullable=False, comment="not handed over before"),
    Column("attempts", Integer, nullable=False, comment="how often it was handed over"),
    Index("simulator_receipts_due", "due_at", "id"),
    sqlite_autoincrement=True,  # a row is deleted when it is acknowledged, and another one must not reuse its id
)

BEHAVIOURS = Table(
    "simulator_behaviours",
    METADATA,
    Column("number", Text, primary_key=True),
    Column("behaviour", Text, nullable=False),
    Column("seconds", Float),
    Column("code", Text),
)


class Storage(Protocol):
    """A database on SQLite or Postgres, like `groupchat.store.database.Database`. Its blocks are transactions and block the thread.

    The simulator writes with `durable=False`. groupchat's durable events about a message are written later to the same database,
    and make the message durable too. A power failure may lose both, but never the message alone.
    """

    def read(self) -> AbstractContextManager[Connection]:
        """Begin a transaction that reads."""

    def write(self, *, durable: bool = True) -> AbstractContextManager[Connection]:
        """Begin a transaction that writes; it commits at the end of the block."""
