"""How many conversations a user has not read, kept as two totals: showing it costs the same in an inbox of any size (R27, R30).

A workspace's total is the number of its conversations with an inbound message. A user's total is the number of those that the user
has read, less the conversations without an inbound message that they marked as unread. The difference is what is unread.

The view `read_marks` keeps them.
"""

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import Column, Connection, Table, Text, select, text

from groupchat.store.tables import BIG, METADATA

READ_TOTALS = Table(
    "read_totals",
    METADATA,
    Column("holder", Text, primary_key=True, comment="the id of a workspace or a user"),
    Column("conversations", BIG, nullable=False),
)

_ADD = text("""
    INSERT INTO read_totals (holder, conversations) VALUES (:holder, :conversations)
    ON CONFLICT (holder) DO UPDATE SET conversations = read_totals.conversations + excluded.conversations
""")


def add(connection: Connection, changes: Mapping[str, int]) -> None:
    """Add to the totals of workspaces and users, by their ids."""
    if changes:
        connection.execute(_ADD, [{"holder": holder, "conversations": change} for holder, change in sorted(changes.items())])


def unread(connection: Connection, workspace_id: str, user_id: str) -> int:
    """Return how many conversations of a workspace are unread for a user who sees all of them."""
    query = select(READ_TOTALS.c.holder, READ_TOTALS.c.conversations).where(READ_TOTALS.c.holder.in_((workspace_id, user_id)))
    totals = Counter({row.holder: row.conversations for row in connection.execute(query)})
    return totals[workspace_id] - totals[user_id]
