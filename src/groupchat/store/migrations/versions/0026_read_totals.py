"""How many conversations each user has read. The worker of the view `read_marks` fills its tables again."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "read_totals",
        sa.Column("holder", sa.Text, primary_key=True, comment="the id of a workspace or a user"),
        sa.Column("conversations", BIG, nullable=False),
    )
    op.drop_table("read_marks")
    op.create_table(  # its key begins with the conversation now, because a message concerns the marks of all its readers
        "read_marks",
        sa.Column("conversation_id", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, primary_key=True),
        sa.Column("inbound_count", BIG, nullable=False),
        sa.Column("marked_unread", sa.Boolean, nullable=False),
    )
    op.execute("DELETE FROM inbound_numbers")
    op.execute("UPDATE followers SET position = 0, stopped_at = NULL, error = NULL WHERE name = 'read_marks'")
