"""Put-off events, and when they are due."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "put_off_events",
        sa.Column("follower", sa.Text, primary_key=True),
        sa.Column("position", BIG, primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("due", BIG, nullable=False),
    )
    op.create_index("put_off_events_key", "put_off_events", ["follower", "key", "position"])
