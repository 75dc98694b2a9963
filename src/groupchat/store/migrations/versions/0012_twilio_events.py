"""Twilio's posts, until they are interpreted."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "twilio_events",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("due_at", BIG, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("twilio_events_due", "twilio_events", ["due_at", "id"])
