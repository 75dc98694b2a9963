"""The view of numbers with do-not-disturb gets a table with a better name. It is filled again when its worker runs."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE_POINTS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.drop_table("noes")
    op.create_table(
        "numbers_with_dnd",
        sa.Column("workspace_id", sa.Text, primary_key=True),
        sa.Column("number", CODE_POINTS, primary_key=True),
        sa.Column("contact_id", CODE_POINTS, primary_key=True),
        sa.Column("applies", sa.Boolean, nullable=False),
        sa.Column("left_behind", sa.Boolean, nullable=False),
        sa.Column("since", BIG, nullable=False),
        sa.Column("position", BIG, nullable=False),
    )
    op.execute("UPDATE followers SET position = 0, stopped_at = NULL, error = NULL WHERE name = 'do_not_disturb'")
    op.execute("DELETE FROM followed_partitions WHERE view = 'do_not_disturb'")
