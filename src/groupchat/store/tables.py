"""The store's own tables, and the metadata that every table of groupchat is registered in."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

METADATA = MetaData()
BIG = BigInteger().with_variant(Integer(), "sqlite")

STORED_EVENTS = Table(
    "stored_events",
    METADATA,
    Column("id", BIG, primary_key=True, autoincrement=False, comment="position, from 1, without gaps"),
    Column("originator_id", Text, nullable=False, comment="stream"),
    Column("originator_version", BIG, nullable=False),
    Column("topic", Text, nullable=False, comment="wire name"),
    Column("state", LargeBinary, nullable=False, comment="JSON: data and envelope"),
    Index("stored_events_stream", "originator_id", "originator_version", unique=True),
)

FOLLOWERS = Table(
    "followers",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("position", BIG, nullable=False, comment="the last event that was applied"),
    Column("stopped_at", BIG, comment="the position of the event that stopped it"),
    Column("error", Text, comment="why it stopped"),
)

PARKED_EVENTS = Table(
    "parked_events",
    METADATA,
    Column("follower", Text, primary_key=True),
    Column("position", BIG, primary_key=True, autoincrement=False),
    Column("error", Text, nullable=False),
)

FOLLOWED_PARTITIONS = Table(
    "followed_partitions",
    METADATA,
    Column("view", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("topic", Text, nullable=False, comment="name and id: a topic that was created again has another id"),
    Column("next_offset", BIG, nullable=False, comment="the first offset that is not read yet"),
    Column("position", BIG, nullable=False, comment="of the log: all events of the partition up to it are applied"),
)
"""The position of a view that follows Kafka, as one row for each partition of its topic. A view without rows follows the log."""

IDEMPOTENCY_KEYS = Table(
    "idempotency_keys",
    METADATA,
    Column("user_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request", LargeBinary, nullable=False, comment="SHA-256 of the request"),
    Column("answer", LargeBinary, nullable=False, comment="the response, without secrets"),
    Column("at", BIG, nullable=False, comment="seconds since 1970, in UTC"),
    Column("position", BIG, nullable=False, comment="the position that the response covers"),
    Index("idempotency_keys_at", "at"),
)

LAST_USES = Table(
    "last_uses",
    METADATA,
    Column("login_id", Text, primary_key=True, comment="a key's hash"),
    Column("at", BIG, nullable=False, comment="seconds since 1970, in UTC"),
)
