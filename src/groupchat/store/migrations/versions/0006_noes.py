"""The view of numbers with do-not-disturb. Inbox and pane are filled again: their rows say more about a block than before."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE_POINTS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "noes",
        sa.Column("workspace_id", sa.Text, primary_key=True),
        sa.Column("number", CODE_POINTS, primary_key=True),
        sa.Column("contact_id", CODE_POINTS, primary_key=True),
        sa.Column("stands", sa.Boolean, nullable=False),
        sa.Column("left_behind", sa.Boolean, nullable=False),
        sa.Column("since", BIG, nullable=False),
        sa.Column("position", BIG, nullable=False),
    )
    for table in ("inbox", "group_contacts", "panes"):
        op.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608 - names from the line above
    op.execute("UPDATE followers SET position = 0, stopped_at = NULL, error = NULL WHERE name IN ('inbox', 'pane')")
