"""Sums of the ledger per month, stored next to its lines. The ledger is emptied, and its worker fills it again."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ledger_sums",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("conversation_id", sa.Text, nullable=False),
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )
    op.create_index("ledger_sums_of_month", "ledger_sums", ["workspace_id", "month"])
    op.execute("DELETE FROM ledger")
    op.execute("UPDATE followers SET position = 0, stopped_at = NULL, error = NULL WHERE name = 'ledger'")
