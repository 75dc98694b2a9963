"""The view of refusal records."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "refusals",
        sa.Column("position", BIG, primary_key=True, autoincrement=False),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("conversation_id", sa.Text),
        sa.Column("first_at", BIG, nullable=False),
        sa.Column("last_at", BIG, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("refusals_of_workspace", "refusals", ["workspace_id", "position"])
    op.create_index("refusals_of_conversation", "refusals", ["conversation_id", "position"])
    op.create_index("refusals_of_user", "refusals", ["user_id", "position"])
