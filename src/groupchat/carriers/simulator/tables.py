"""The simulated carrier's tables: its own state, in the same database but never in one transaction with the event store.

Times are microseconds since 1970, in UTC. Numbers are E.164. Lists are JSON, as UTF-8 text.
"""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, MetaData, Table, Text, text

METADATA = MetaData()
_BIG = BigInteger().with_variant(Integer(), "sqlite")

MESSAGES = Table(
    "simulator_messages",
    METADATA,
    Column("id", _BIG, primary_key=True, autoincrement=True, comment="the order of receiving"),
    Column(
        "message_id",
        Text,
        nullable=False,
        comment="ours, twice if it was sent twice; the carrier's own for what a participant wrote",
    ),
    Column("business_number", Text, nullable=False),
    Column("author", Text, nullable=False, comment="the number that the message comes from"),
    Column("members", Text, nullable=False, comment="JSON: the participants of its thread; none where each text goes to one alone"),
    Column("handsets", Text, nullable=False, comment="the numbers that have it: sorted, with spaces between them"),
    Column("body", Text),
    Column("media", Text, nullable=False, comment="JSON: [{url, content_type}]"),
    Column("results", Text, comment="JSON: what the call answered for each recipient; none for what a participant wrote"),
    Column("at", _BIG, nullable=False),
    Column("receipts", Text, comment="JSON: those that were not acknowledged yet, each with its time"),
    Column("due_at", _BIG, comment="no receipt is handed over before; none if none is left"),
    Column("attempts", Integer, nullable=False, comment="how often its receipts were handed over since some were acknowledged"),
    Index("simulator_messages_id", "message_id", "id"),
    Index("simulator_messages_handsets", "handsets", "id"),
    Index("simulator_messages_due", "due_at", postgresql_where=text("due_at IS NOT NULL"), sqlite_where=text("due_at IS NOT NULL")),
)
"""One row for each message, so that the simulated carrier costs little in tests and measurements."""

HANDSETS = Table(
    "simulator_handsets",
    METADATA,
    Column("number", Text, primary_key=True),
    Column("handsets", Text, primary_key=True, comment="a set of numbers that got a message together, as in `simulator_messages`"),
)
"""The sets that contain a number; a group's second message adds nothing."""

BEHAVIORS = Table(
    "simulator_behaviors",
    METADATA,
    Column("number", Text, primary_key=True),
    Column("behavior", Text, nullable=False),
    Column("seconds", Float),
    Column("code", Text),
)

WEBHOOK_KEYS = Table(
    "simulator_webhook_keys",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="1: there is one key"),
    Column("secret", Text, nullable=False, comment="signs the simulated carrier's posts (`webhooks.py`)"),
)
