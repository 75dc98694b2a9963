"""Read marks up to a version: the view numbers inbound messages, and its worker fills it again."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.drop_table("inbound_counts")
    op.create_table(
        "inbound_numbers",
        sa.Column("conversation_id", sa.Text, primary_key=True),
        sa.Column("version", BIG, primary_key=True, autoincrement=False),
        sa.Column("number", BIG, nullable=False),
    )
    op.execute("DELETE FROM read_marks")
    op.execute("UPDATE followers SET position = 0, stopped_at = NULL, error = NULL WHERE name = 'read_marks'")
