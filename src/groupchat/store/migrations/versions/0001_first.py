"""The first schema: the log and its followers, the views, the simulated carrier."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE_POINTS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    _create_log()
    _create_inbox_pane_and_thread()
    _create_contacts_and_ledger()
    _create_simulator()


def _create_log() -> None:
    op.create_table(
        "stored_events",
        sa.Column("id", BIG, primary_key=True, autoincrement=False),
        sa.Column("originator_id", sa.Text, nullable=False),
        sa.Column("originator_version", BIG, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
    )
    op.create_index("stored_events_stream", "stored_events", ["originator_id", "originator_version"], unique=True)
    op.create_table(
        "followers",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("position", BIG, nullable=False),
        sa.Column("stopped_at", BIG),
        sa.Column("error", sa.Text),
    )
    op.create_table(
        "parked_events",
        sa.Column("follower", sa.Text, primary_key=True),
        sa.Column("position", BIG, primary_key=True, autoincrement=False),
        sa.Column("error", sa.Text, nullable=False),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("user_id", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("request", sa.LargeBinary, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("position", BIG, nullable=False),
    )
    op.create_index("idempotency_keys_at", "idempotency_keys", ["at"])
    op.create_table(
        "last_uses",
        sa.Column("login_id", sa.Text, primary_key=True),
        sa.Column("at", BIG, nullable=False),
    )


def _create_inbox_pane_and_thread() -> None:
    op.create_table(
        "inbox",
        sa.Column("conversation_id", sa.Text, primary_key=True),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("business_number", sa.Text, nullable=False),
        sa.Column("blocked", sa.Boolean, nullable=False),
        sa.Column("inbound_count", BIG, nullable=False),
        sa.Column("last_activity_position", BIG, nullable=False),
        sa.Column("search", sa.Text, nullable=False),
        sa.Column("digits", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("inbox_newest", "inbox", ["workspace_id", "last_activity_position"])
    op.create_table(
        "read_marks",
        sa.Column("user_id", sa.Text, primary_key=True),
        sa.Column("conversation_id", sa.Text, primary_key=True),
        sa.Column("inbound_count", BIG, nullable=False),
        sa.Column("marked_unread", sa.Boolean, nullable=False),
    )
    op.create_table(
        "panes",
        sa.Column("conversation_id", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
    )
    op.create_table(
        "messages",
        sa.Column("message_id", sa.Text, primary_key=True),
        sa.Column("conversation_id", sa.Text, nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("messages_of_conversation", "messages", ["conversation_id", "version"])


def _create_contacts_and_ledger() -> None:
    op.create_table(
        "contacts",
        sa.Column("contact_id", CODE_POINTS, primary_key=True),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("name_key", CODE_POINTS, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("assigned_to", sa.Text),
        sa.Column("digits", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("contacts_by_name", "contacts", ["workspace_id", "name_key", "contact_id"])
    op.create_table(
        "group_contacts",
        sa.Column("conversation_id", sa.Text, primary_key=True),
        sa.Column("number", sa.Text, primary_key=True),
        sa.Column("contact_id", sa.Text),
    )
    op.create_index("group_contacts_contact", "group_contacts", ["contact_id"])
    op.create_table(
        "ledger",
        sa.Column("position", BIG, primary_key=True, autoincrement=False),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("conversation_id", sa.Text, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("ledger_of_workspace", "ledger", ["workspace_id", "position"])
    op.create_index("ledger_of_conversation", "ledger", ["conversation_id", "position"])


def _create_simulator() -> None:
    op.create_table(
        "simulator_handsets",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("business_number", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("others", sa.Text, nullable=False),
        sa.Column("body", sa.Text),
        sa.Column("media", sa.Text, nullable=False),
        sa.Column("at", BIG, nullable=False),
    )
    op.create_index("simulator_handsets_number", "simulator_handsets", ["number", "id"])
    op.create_index("simulator_handsets_message", "simulator_handsets", ["message_id"])
    op.create_table(
        "simulator_sent",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("business_number", sa.Text, nullable=False),
        sa.Column("results", sa.Text, nullable=False),
        sa.Column("at", BIG, nullable=False),
    )
    op.create_index("simulator_sent_message", "simulator_sent", ["message_id", "id"])
    op.create_table(
        "simulator_receipts",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("code", sa.Text),
        sa.Column("opted_out", sa.Boolean, nullable=False),
        sa.Column("due_at", BIG, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("simulator_receipts_due", "simulator_receipts", ["due_at", "id"])
    op.create_table(
        "simulator_behaviours",
        sa.Column("number", sa.Text, primary_key=True),
        sa.Column("behaviour", sa.Text, nullable=False),
        sa.Column("seconds", sa.Float),
        sa.Column("code", sa.Text),
    )
