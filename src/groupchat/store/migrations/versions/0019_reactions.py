"""Messages show their reactions. The view `thread` is filled again when its worker runs."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM messages")
    op.execute("UPDATE followers SET position = 0, stopped_at = NULL, error = NULL WHERE name = 'thread'")
    op.execute("DELETE FROM followed_partitions WHERE view = 'thread'")
