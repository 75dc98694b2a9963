"""Running the Alembic migrations that a database lacks."""

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from groupchat.store.database import DatabaseUnavailableError
from groupchat.store.schema_version import schema_of


def upgrade(connection: Connection) -> None:
    """Bring the schema up to date in the connection's transaction; raises `DatabaseUnavailableError` for a newer schema."""
    config = Config()
    config.set_main_option("script_location", "groupchat.store:migrations")
    _refuse_newer(connection, ScriptDirectory.from_config(config))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _refuse_newer(connection: Connection, scripts: ScriptDirectory) -> None:
    known = {script.revision for script in scripts.walk_revisions()}
    found = schema_of(connection)
    if found is not None and found not in known:
        msg = (
            f"The database has schema {found}, which a newer groupchat created. This version knows schemas up to "
            f"{scripts.get_current_head()}. Install the newer groupchat, or use another GROUPCHAT_DATABASE_URL."
        )
        raise DatabaseUnavailableError(msg)
