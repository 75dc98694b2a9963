"""The words of messages, with the database's own full-text index. The worker of the view `message_search` fills it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(TSVECTOR(), "postgresql")
FTS5 = (
    "CREATE VIRTUAL TABLE message_words_fts USING fts5"
    "(words, content='message_words', content_rowid='position', tokenize='ascii', detail='none')"
)
ADD = "INSERT INTO message_words_fts(rowid, words) VALUES (new.position, new.words);"
REMOVE = "INSERT INTO message_words_fts(message_words_fts, rowid, words) VALUES ('delete', old.position, old.words);"
TRIGGERS = (
    f"CREATE TRIGGER message_words_added AFTER INSERT ON message_words BEGIN {ADD} END",
    f"CREATE TRIGGER message_words_removed AFTER DELETE ON message_words BEGIN {REMOVE} END",
    f"CREATE TRIGGER message_words_changed AFTER UPDATE ON message_words BEGIN {REMOVE} {ADD} END",
)


def upgrade() -> None:
    op.create_table(
        "message_words",
        sa.Column("position", BIG, primary_key=True, autoincrement=False),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("conversation_id", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("words", WORDS, nullable=False),
    )
    op.create_index("message_words_of_conversation", "message_words", ["conversation_id", "position"])
    if op.get_bind().dialect.name == "sqlite":
        for statement in (FTS5, *TRIGGERS):
            op.get_bind().exec_driver_sql(statement)
    else:
        op.create_index("message_words_newest", "message_words", ["workspace_id", "position"])
        op.create_index("message_words_gin", "message_words", ["words"], postgresql_using="gin")
