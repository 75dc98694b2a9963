"""Webhooks: where each is, its messages that wait, and its attempts."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "webhook_cursors",
        sa.Column("webhook_id", sa.Text, primary_key=True),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("behind", BIG),
        sa.Column("failing_since", BIG),
    )
    op.create_table(
        "webhook_put_off",
        sa.Column("webhook_id", sa.Text, primary_key=True),
        sa.Column("position", BIG, primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due", BIG),
    )
    op.create_table(
        "webhook_attempts",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("webhook_id", sa.Text, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("webhook_attempts_of", "webhook_attempts", ["webhook_id", "id"])
