"""Texts that may be an opt-out in a person's own words."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "reviews",
        sa.Column("message_id", sa.Text, primary_key=True),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("conversation_id", sa.Text, nullable=False),
        sa.Column("settled", sa.Boolean, nullable=False),
        sa.Column("opened_position", BIG, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("reviews_of_workspace", "reviews", ["workspace_id", "settled", "opened_position"])
