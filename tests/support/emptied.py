"""One Postgres database for many tests, emptied before each: making one costs thirty times as much.

A folder's `conftest.py` imports both fixtures to have it so; its tests must leave the schema as it was.
"""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, column, delete, inspect, select, table, update

from groupchat.store.database import Database
from tests.support.postgres import PostgresServer

VERSION_TABLE = "alembic_version"


@pytest.fixture(scope="session")
def shared_database(postgres_server: PostgresServer) -> Iterator[tuple[str, str]]:
    """The shared database's URL, and the version of its schema."""
    with postgres_server.database() as url:
        database = Database(url)
        with database.read() as connection:
            version = connection.execute(select(column("version_num")).select_from(table(VERSION_TABLE))).scalar_one()
        database.close()
        yield url, version


@pytest.fixture
def postgres_url(shared_database: tuple[str, str]) -> str:
    """The shared database, migrated and empty."""
    url, version = shared_database
    database = Database(url)
    with database.write() as connection:
        _empty(connection, version)
    database.close()
    return url


def _empty(connection: Connection, version: str) -> None:
    for name in inspect(connection).get_table_names():
        if name != VERSION_TABLE:
            connection.execute(delete(table(name)))
    connection.execute(update(table(VERSION_TABLE, column("version_num"))).values(version_num=version))
