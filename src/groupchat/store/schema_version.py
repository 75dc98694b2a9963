"""The version of a schema: the number of the last migration. It is read without Alembic, which takes long to load."""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect

_MIGRATIONS = Path(__file__).parent / "migrations" / "versions"
_TABLE = "alembic_version"
_DIGITS = 4


@cache
def newest_schema() -> str:
    """Return the newest schema that this version of groupchat knows."""
    return max(path.name[:_DIGITS] for path in _MIGRATIONS.glob("[0-9]*.py"))


def schema_of(connection: Connection) -> str | None:
    """Return a database's schema, or none if groupchat has never used the database."""
    if not inspect(connection).has_table(_TABLE):
        return None
    found: str | None = connection.exec_driver_sql(f"SELECT version_num FROM {_TABLE}").scalar_one_or_none()  # noqa: S608 - constant
    return found
