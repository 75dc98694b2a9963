"""One Postgres database for many tests, emptied before each: making one costs thirty times as much.

Its connections are kept, too: opening those of a site with its workers costs more than most tests. A folder uses it if its
`conftest.py` imports the three fixtures; its tests must leave the schema unchanged.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event

from groupchat.store.database import Database
from tests.support.postgres import PostgresServer

SESSIONS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
VERSION = "SELECT version_num FROM alembic_version"
EMPTY = """
DO $$
DECLARE name text;
BEGIN
    FOR tries IN 1..1000 LOOP  -- the server frees the locks of an ended session a little later
        EXIT WHEN NOT EXISTS (
            SELECT FROM pg_locks JOIN pg_database ON oid = database
            WHERE locktype = 'advisory' AND datname = current_database()
        );
        PERFORM pg_sleep(0.005);
    END LOOP;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %%I', name);
    END LOOP;
    UPDATE alembic_version SET version_num = '{version}';
END $$
"""


class SharedDatabase:
    """A database of Postgres that a test at a time uses."""

    def __init__(self, url: str, engine: Engine) -> None:
        self.url = url
        self._engine = engine
        self._database = Database(url)
        self._connections: list[Any] = []
        for each in self._database.engines:
            event.listen(each, "connect", lambda connection, _: self._connections.append(connection))
        with engine.connect() as connection:
            self._empty = EMPTY.format(version=connection.exec_driver_sql(VERSION).scalar_one())

    def emptied(self) -> str:
        """Empty it when the leases of earlier tests have ended, and return its URL."""
        self._database.session_locks.close()
        with self._engine.begin() as connection:
            connection.exec_driver_sql(self._empty)
        return self.url

    def opened(self) -> Database:
        """Return it with the connections of earlier tests, or with none if any of them broke, or is still in use."""
        self._connections = [each for each in self._connections if not each.closed]
        with self._engine.connect() as connection:
            alive = set(connection.exec_driver_sql(SESSIONS).scalars())
        broken = any(each.info.backend_pid not in alive for each in self._connections)
        if broken or any(each.pool.checkedout() for each in self._database.engines):  # type: ignore[attr-defined]
            self.close()
        return self._database

    def close(self) -> None:
        """Close the connections."""
        self._database.close()


@pytest.fixture(scope="session")
def shared_database(postgres_server: PostgresServer) -> Iterator[SharedDatabase]:
    """The shared database."""
    with postgres_server.database() as url:
        engine = create_engine(url, pool_pre_ping=True)  # some tests cut all connections
        shared = SharedDatabase(url, engine)
        yield shared
        shared.close()
        engine.dispose()


@pytest.fixture
def postgres_url(shared_database: SharedDatabase) -> str:
    """The URL of the shared database, migrated and empty."""
    return shared_database.emptied()


@pytest.fixture
def database(request: pytest.FixtureRequest, database_url: str) -> Iterator[Database]:
    """A migrated database, on each backend: the shared one, unless a file has its own `postgres_url`."""
    if database_url.startswith("postgresql"):
        shared: SharedDatabase = request.getfixturevalue("shared_database")
        if database_url == shared.url:
            yield shared.opened()
            return
    database = Database(database_url)
    yield database
    database.close()
