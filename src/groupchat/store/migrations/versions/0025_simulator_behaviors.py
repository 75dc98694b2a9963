"""The table of the simulated carrier's switches gets the name that its API has."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "simulator_behaviors",
        sa.Column("number", sa.Text, primary_key=True),
        sa.Column("behavior", sa.Text, nullable=False),
        sa.Column("seconds", sa.Float),
        sa.Column("code", sa.Text),
    )
    op.execute(
        "INSERT INTO simulator_behaviors (number, behavior, seconds, code) "
        "SELECT number, behaviour, seconds, code FROM simulator_behaviours"
    )
    op.drop_table("simulator_behaviours")
