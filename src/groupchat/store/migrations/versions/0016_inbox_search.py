"""The searchable texts of conversations in a table of their own. The worker of the view `inbox` fills it again."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.drop_table("inbox")
    op.create_table(
        "inbox",
        sa.Column("conversation_id", sa.Text, primary_key=True),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("business_number", sa.Text, nullable=False),
        sa.Column("blocked", sa.Boolean, nullable=False),
        sa.Column("inbound_count", BIG, nullable=False),
        sa.Column("last_activity_position", BIG, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("last_activity_at", BIG, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("inbox_newest", "inbox", ["workspace_id", "last_activity_position"])
    op.create_table(
        "inbox_search",
        sa.Column("conversation_id", sa.Text, primary_key=True),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("digits", sa.Text, nullable=False),
        sa.Column("pieces", sa.Text, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("inbox_searched", "inbox_search", ["workspace_id", "conversation_id", "text", "digits"])
    else:
        op.execute("CREATE INDEX inbox_search_pieces ON inbox_search USING gin (string_to_array(pieces, E'\\n'))")
    op.execute("DELETE FROM group_contacts")
    op.execute("UPDATE followers SET position = 0, stopped_at = NULL, error = NULL WHERE name = 'inbox'")
    op.execute("DELETE FROM followed_partitions WHERE view = 'inbox'")
