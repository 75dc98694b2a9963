"""A database beside the main one, to build tables in that are not shown yet: a schema on Postgres, a file of its own on SQLite.

Its connections see nothing of the main one, so what is written through it can't reach what is shown, however it is written.
"""

from pathlib import Path

from sqlalchemy import Connection, func, inspect, select
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.schema import CreateSchema, DropSchema

from groupchat.store.database import Database, DatabaseUnavailableError


class Beside(Database):
    """The database `name` beside another; it is there once `create` was called, and until it is dropped."""

    def __init__(self, main: Database, name: str) -> None:
        self._main = main
        self.schema = f"groupchat_{name}"
        if main.is_sqlite:
            super().__init__(main.url.set(database=f"{main.url.database}-{name}"))
        else:
            super().__init__(main.url, schema=self.schema)

    def exists(self) -> bool:
        """Tell whether it is there."""
        if self.path is not None:
            return self.path.is_file()
        with self._main.read() as connection:
            return inspect(connection).has_schema(self.schema)

    def create(self, connection: Connection) -> None:
        """Create it, empty, in a transaction of its own connection; raises `DatabaseUnavailableError` where that is not allowed."""
        if self.is_sqlite:  # the file came with the connection
            return
        self._await_maker(connection)
        try:
            connection.execute(CreateSchema(self.schema))
        except ProgrammingError as error:
            msg = (
                f"The schema {self.schema} can't be made ({error.orig}): GRANT CREATE ON DATABASE {self.url.database} to this user."
            )
            raise DatabaseUnavailableError(msg.replace("\n", "")) from error

    def show_to(self, connection: Connection) -> None:
        """Let a connection of the main database see the tables beside as those of the schema `schema`."""
        if self.path is not None:
            connection.detach()  # closed at its end, and not lent to others: it keeps the file open
            connection.exec_driver_sql("ATTACH DATABASE ? AS ?", (str(self.path), self.schema))

    def drop_in(self, connection: Connection) -> None:
        """Drop it in a transaction of the main database, where that can be: a file goes with `drop`."""
        if not self.is_sqlite:
            connection.execute(DropSchema(self.schema, cascade=True, if_exists=True))

    def drop(self) -> None:
        """Close it and drop it with all that it has, if it is there."""
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
        """Wait for the process that is making it. Even if that process was killed, the server ends its transaction."""
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(self.schema, 0))))
