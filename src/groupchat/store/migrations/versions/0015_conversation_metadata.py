"""Conversations show their metadata. The view `inbox` is filled again when its worker runs."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM inbox")
    op.execute("DELETE FROM group_contacts")
    op.execute("UPDATE followers SET position = 0, stopped_at = NULL, error = NULL WHERE name = 'inbox'")
    op.execute("DELETE FROM followed_partitions WHERE view = 'inbox'")
