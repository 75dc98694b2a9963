"""The simulated carrier stores one row for each message. Its earlier texts and receipts are dropped, because it is for tests."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for table in ("simulator_handsets", "simulator_sent", "simulator_receipts"):
        op.drop_table(table)
    op.create_table(
        "simulator_messages",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("business_number", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("members", sa.Text, nullable=False),
        sa.Column("handsets", sa.Text, nullable=False),
        sa.Column("body", sa.Text),
        sa.Column("media", sa.Text, nullable=False),
        sa.Column("results", sa.Text),
        sa.Column("at", BIG, nullable=False),
        sa.Column("receipts", sa.Text),
        sa.Column("due_at", BIG),
        sa.Column("attempts", sa.Integer, nullable=False),
    )
    op.create_index("simulator_messages_id", "simulator_messages", ["message_id", "id"])
    op.create_index("simulator_messages_handsets", "simulator_messages", ["handsets", "id"])
    waits = sa.text("due_at IS NOT NULL")
    op.create_index("simulator_messages_due", "simulator_messages", ["due_at"], postgresql_where=waits, sqlite_where=waits)
    op.create_table(
        "simulator_handsets",
        sa.Column("number", sa.Text, primary_key=True),
        sa.Column("handsets", sa.Text, primary_key=True),
    )
