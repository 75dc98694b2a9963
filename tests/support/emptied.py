"""One Postgres database for many tests, emptied before each: making one costs thirty times as much.

A folder uses it if its `conftest.py` imports both fixtures; its tests must leave the schema unchanged.
"""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import create_engine

from tests.support.postgres import PostgresServer

VERSION = "SELECT version_num FROM alembic_version"
EMPTY = """
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %%I', name);
    END LOOP;
    UPDATE alembic_version SET version_num = '{version}';
END $$
"""


@pytest.fixture(scope="session")
def shared_database(postgres_server: PostgresServer) -> Iterator[Callable[[], str]]:
    """Empties the shared database and returns its URL."""
    with postgres_server.database() as url:
        engine = create_engine(url, pool_pre_ping=True)  # some tests cut all connections
        with engine.connect() as connection:
            empty = EMPTY.format(version=connection.exec_driver_sql(VERSION).scalar_one())

        def emptied() -> str:
            with engine.begin() as connection:
                connection.exec_driver_sql(empty)
            return url

        yield emptied
        engine.dispose()


@pytest.fixture
def postgres_url(shared_database: Callable[[], str]) -> str:
    """The shared database, migrated and empty."""
    return shared_database()
