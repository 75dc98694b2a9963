"""The schema: Alembic migrations, which run automatically at start, in one transaction and in one process at a time."""

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from groupchat.store.database import Database, DatabaseUnavailableError, unavailable
from groupchat.store.fitness import require_rights, require_sessions
from groupchat.store.schema_version import newest_schema, schema_of

_MIGRATION_LOCK = 0x6772_7571


def migrate(database: Database) -> None:
    """Bring the schema up to date, completely or not at all. A current schema stays unchanged.

    Any number of processes may call this at once: one migrates, and the others wait for it and find nothing to do. Raises
    `DatabaseUnavailableError` if the database can't be used, or if a newer groupchat has migrated it.
    """
    database.check()
    try:
        require_sessions(database)
        with database.write(patient=True) as connection:
            if not database.is_sqlite:  # on SQLite, no other transaction can write
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            if schema_of(connection) != newest_schema():
                from groupchat.store.upgrading import upgrade  # noqa: PLC0415 - Alembic takes long to load, and is seldom needed

                upgrade(connection)
            require_rights(connection)
    except DBAPIError as error:
        raise unavailable(error, database.url) from error


def migrated_database(url: str) -> Database:
    """Return the database, reachable and with this version's schema; raises `DatabaseUnavailableError`."""
    database = Database(url)
    migrate(database)
    return database


def existing_database(url: str) -> Database:
    """Return a database that groupchat has used before, unchanged; raises `DatabaseUnavailableError` for any other."""
    database = Database(url)
    require_schema(database)
    return database


def require_schema(database: Database) -> None:
    """Raise `DatabaseUnavailableError` unless a groupchat with this schema has used the database; change nothing."""
    found = None
    try:
        if database.path is None or database.path.is_file():
            with database.read() as connection:
                found = schema_of(connection)
    except DBAPIError as error:
        raise unavailable(error, database.url) from error
    if found != (newest := newest_schema()):
        msg = (
            f"The database has schema {found}, not {newest}. Run `groupchat migrate`, or `groupchat serve`, to update it."
            if found
            else f"There is no groupchat database at {database.url}. Run `groupchat init`, or set GROUPCHAT_DATABASE_URL."
        )
        raise DatabaseUnavailableError(msg)
