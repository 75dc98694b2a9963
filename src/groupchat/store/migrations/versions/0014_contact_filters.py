"""The filters of contacts, as columns. The worker of the view `contacts` fills it again."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE_POINTS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.drop_table("contacts")
    op.create_table(
        "contacts",
        sa.Column("contact_id", CODE_POINTS, primary_key=True),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("name_key", CODE_POINTS, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("assigned_to", sa.Text),
        sa.Column("dnd", sa.Boolean, nullable=False),
        sa.Column("updated_at", BIG, nullable=False),
        sa.Column("digits", sa.Text, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
        sa.Column("pieces", sa.Text, nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        searched = ["workspace_id", "name_key", "contact_id", "deleted", "assigned_to", "digits"]
        op.create_index("contacts_searched", "contacts", searched)
    else:
        op.create_index("contacts_by_name", "contacts", ["workspace_id", "name_key", "contact_id"])
        op.execute("CREATE INDEX contacts_search ON contacts USING gin (string_to_array(pieces, E'\\n'))")
    op.execute("UPDATE followers SET position = 0, stopped_at = NULL, error = NULL WHERE name = 'contacts'")
