"""A second database next to the main one, for building tables that are not shown yet: a schema on Postgres, a file on SQLite.

Its connections can't see the main database, so no statement sent through them can change what users see.
"""

from pathlib import Path

from sqlalchemy import Connection, func, inspect, select
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.schema import CreateSchema, DropSchema

from groupchat.store.database import Database, DatabaseUnavailableError


class Beside(Database):
    """The database `name` next to another one. It exists from `create` until `drop`."""

    def __init__(self, main: Database, name: str) -> None:
        self._main = main
        self.schema = f"groupchat_{name}"
        if main.is_sqlite:
            super().__init__(main.url.set(database=f"{main.url.database}-{name}"))
        else:
            super().__init__(main.url, schema=self.schema)

    def exists(self) -> bool:
        """Return whether it exists."""
        if self.path is not None:
            return self.path.is_file()
        with self._main.read() as connection:
            return inspect(connection).has_schema(self.schema)

    def create(self, connection: Connection) -> None:
        """Create it, empty, in a transaction of its own connection; raises `DatabaseUnavailableError` if that is not allowed."""
        if self.is_sqlite:  # opening the connection has created the file
            return
        self._await_maker(connection)
        try:
            connection.execute(CreateSchema(self.schema))
        except ProgrammingError as error:
            msg = (
                f"Can't create the schema {self.schema} ({error.orig}): GRANT CREATE ON DATABASE {self.url.database} to this user."
            )
            raise DatabaseUnavailableError(msg.replace("\n", "")) from error

    def show_to(self, connection: Connection) -> None:
        """Let a connection of the main database see these tables in the schema `schema`."""
        if self.path is not None:
            connection.detach()  # closed afterwards instead of returned to the pool, because it keeps the file open
            connection.exec_driver_sql("ATTACH DATABASE ? AS ?", (str(self.path), self.schema))

    def drop_in(self, connection: Connection) -> None:
        """Drop it in a transaction of the main database, on Postgres. On SQLite, `drop` removes the file."""
        if not self.is_sqlite:
            connection.execute(DropSchema(self.schema, cascade=True, if_exists=True))

    def drop(self) -> None:
        """Close it and drop it with all its tables, if it exists."""
        self.close()
        if self.path is not None:
            # In this order: SQLite removes a log without its database, but a database without its log may be broken.
            for suffix in ("", "-journal", "-wal", "-shm"):
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)
            return
        with self._main.write() as connection:
            self._await_maker(connection)
            self.drop_in(connection)

    def _await_maker(self, connection: Connection) -> None:
        """Wait for the process that is creating it. Even if that process was killed, the server ends its transaction."""
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(self.schema, 0))))
