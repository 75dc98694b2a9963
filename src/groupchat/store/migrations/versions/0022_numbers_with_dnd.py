"""The table of numbers with do-not-disturb gets the name of its view's rows. Its content stays."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.rename_table("noes", "numbers_with_dnd")
    op.alter_column("numbers_with_dnd", "stands", new_column_name="applies")
