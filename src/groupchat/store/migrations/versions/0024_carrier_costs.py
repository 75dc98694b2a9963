"""What carriers report that they charge, and its sums per month. No event of that kind is stored yet, so the tables begin empty."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "carrier_costs",
        sa.Column("position", BIG, primary_key=True, autoincrement=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("carrier_costs_of_message", "carrier_costs", ["message_id"])
    op.create_table(
        "carrier_cost_sums",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("conversation_id", sa.Text, nullable=False),
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )
    op.create_index("carrier_cost_sums_of_month", "carrier_cost_sums", ["workspace_id", "month"])
