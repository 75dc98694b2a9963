"""The database: one SQLAlchemy engine on SQLite or Postgres, with the pragmas and locks that make it durable.

SQLite runs in WAL mode with `synchronous=FULL`; a transaction that can be redone from the log (a projection's) may relax that with
`durable=False`. On SQLite the writers of one process queue at a lock instead of sleeping in SQLite's busy handler.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from msgspec import Struct
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from groupchat.store.at_once import AtOnce
from groupchat.store.session_locks import SessionLocks
from groupchat.store.sqlite_file import SqliteFile
from groupchat.values.errors import ExpectedError, first_line

Q = TypeVar("Q")
A = TypeVar("A")
CONNECTIONS = 14
"""The most connections of a pool. All of them stay open: opening one costs Postgres as much as many queries."""
CONNECT_TIMEOUT_SECONDS = 5
POOL_TIMEOUT_SECONDS = 5

_POSTGRES_ARGUMENTS: dict[str, Any] = {
    "connect_timeout": CONNECT_TIMEOUT_SECONDS,
    "keepalives_idle": 10,  # detects within 20 seconds that a server has disappeared
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,
}
_POSTGRES_OPTIONS: dict[str, Any] = {
    "connect_args": _POSTGRES_ARGUMENTS,
    "use_native_hstore": False,  # saves each new connection the query for a type that no table has
}
_PASSING_STATES = frozenset({"25006", "25P03", "42501"})
"""SQLSTATEs of failures that pass: read-only transaction, idle-in-transaction time-out, and a missing privilege.

The driver doesn't report them as operational errors. An operator can grant the privilege again.
"""
_LOCKED_STATE = "55P03"
DATABASE_ERRORS = (DBAPIError, PoolTimeoutError)
"""The errors of a failed database call. `is_passing` returns whether the call may succeed later."""
_DURABLE = "groupchat_durable"
_BEGINNING = "groupchat_beginning"
_ENDING = "groupchat_ending"


class DatabaseUnavailableError(ExpectedError):
    """The database can't be used. The message says why and what to do."""


class Timeouts(Struct, frozen=True, kw_only=True):
    """The time that a transaction waits.

    `lock_ms` is for another writer's lock: a lock of Postgres, or the queue of this process's writers on SQLite. `busy_ms` is for
    another process that writes to SQLite's file. `statement_ms` limits each statement on Postgres.
    """

    lock_ms: int = 10_000
    busy_ms: int = 5_000
    statement_ms: int = 30_000


TIMEOUTS = Timeouts()


class Database:
    """An engine and its transactions. On Postgres, `schema` is the only schema that its connections see."""

    def __init__(
        self, url: str | URL, *, pool_size: int = CONNECTIONS, schema: str | None = None, timeouts: Timeouts = TIMEOUTS
    ) -> None:
        self.url = _parse(url)
        self._timeouts = timeouts
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._lock = Lock()
        self._file = None if self.path is None else SqliteFile(self.path)
        self.engine = self._engine(pool_size, schema)
        self.single = self._engine(pool_size, schema, isolation_level="AUTOCOMMIT")
        """For single statements: its connections are in autocommit mode from the start, so none has to switch back and forth."""
        self.writing = self._engine(1, schema) if self.is_sqlite else self.single
        """For transactions that write: on SQLite, the one writer at a time has a connection that readers can't keep from it."""
        self.session_locks = SessionLocks(self._engine(1, schema, isolation_level="AUTOCOMMIT"))
        """The leases of this process on Postgres."""
        self._together: dict[Any, AtOnce[Any, Any]] = {}
        if self.is_sqlite:
            event.listen(self.engine, "begin", _begin_reading)
            event.listen(self.writing, "begin", _begin_writing)
        else:
            event.listen(self.single, "before_cursor_execute", _begin_postgres, retval=True)

    def _engine(self, pool_size: int, schema: str | None, **options: Any) -> Engine:
        engine = create_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT_SECONDS,
            hide_parameters=True,  # errors are logged and shown, and a statement's values may be people's messages
            **{"connect_args": {"timeout": self._timeouts.busy_ms / 1_000}} if self.is_sqlite else _POSTGRES_OPTIONS,
            **options,
        )
        event.listen(engine, "connect", partial(_prepare_sqlite if self.is_sqlite else _prepare_postgres, self._timeouts))
        if self._file is not None:
            event.listen(engine, "do_connect", self._open_file)
            event.listen(engine, "connect", self._note_file)
        if schema is not None:
            event.listen(engine, "connect", partial(_show_only, schema))
        return engine

    def _open_file(self, *_: object) -> None:
        """Create the file, because SQLite would create a missing file even while this process has it open."""
        if self._file is not None:
            self._file.require_same()
            if not str(self.url.database).startswith("file:"):  # the URL may forbid creating the file
                self._file.create()

    def _note_file(self, *_: object) -> None:
        if self._file is not None:
            self._file.opened()

    @property
    def engines(self) -> Collection[Engine]:
        """The engines of its transactions and statements."""
        return {self.engine, self.single, self.writing}

    @property
    def path(self) -> Path | None:
        """The file of an SQLite database, even if the URL has the form `file:...?mode=ro&uri=true`."""
        if not self.is_sqlite or not self.url.database:
            return None
        if self.url.database.startswith("file:"):
            return Path(unquote(urlsplit(self.url.database).path))
        return Path(self.url.database)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Lend a connection for queries; on SQLite, all of them see one state of the database.

        On Postgres, each query sees everything that is stored when it begins, as at the default isolation level. Each is a
        transaction, which saves the round trips that begin and end one.
        """
        with self.snapshot() if self.is_sqlite else self._autocommitting() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Begin a transaction that reads. On Postgres, its isolation level can be raised, and rows can be streamed."""
        with self.known_errors(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def _autocommitting(self) -> Iterator[Connection]:
        """Lend a connection on which each statement is a transaction."""
        with self.known_errors(), self.single.connect() as connection:
            yield connection

    @contextmanager
    def statement(self) -> Iterator[Connection]:
        """Lend a connection for a single statement, or for statements that begin and end their own transaction.

        On Postgres, this saves the round trips that begin and end a transaction. A failure closes the connection.
        """
        with self._autocommitting() as connection:
            try:
                yield connection
            except BaseException:
                connection.invalidate()
                raise

    @contextmanager
    def write(self, *, durable: bool = True, patient: bool = False) -> Iterator[Connection]:
        """Begin a transaction that writes, and commit it at the end of the block. A `patient` one has no time limits.

        Raises SQLAlchemy's `TimeoutError` if another writer of this process does not finish, and its `OperationalError` if SQLite's
        file was deleted or replaced, because everything written after that would be lost.
        """
        begun = self._begun_sqlite if self.is_sqlite else self._begun_postgres
        with begun(durable=durable, patient=patient) as connection:
            yield connection

    @contextmanager
    def _begun_sqlite(self, *, durable: bool, patient: bool) -> Iterator[Connection]:
        same_file = nullcontext() if self._file is None else self._file.same()
        with self.known_errors(), self._turn(patient=patient), same_file, self.writing.connect() as bare:
            connection = bare.execution_options(**{_DURABLE: durable})
            with connection.begin():
                yield connection

    @contextmanager
    def _begun_postgres(self, *, durable: bool, patient: bool) -> Iterator[Connection]:
        """Send the beginning together with the first statement, and the commit with that of `run_at_end`, to save round trips."""
        with self.statement() as connection:
            connection.info[_BEGINNING] = "BEGIN; " if durable else "BEGIN; SET LOCAL synchronous_commit = off; "
            if patient:
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
            yield connection
            last, parameters = connection.info.pop(_ENDING, ("", None))
            if last or not connection.info.pop(_BEGINNING, None):
                connection.exec_driver_sql(f"{last}COMMIT", parameters)

    def together(self, answer: "Callable[[Database, Sequence[Q]], Sequence[A | Exception]]") -> AtOnce[Q, A]:
        """Return what passes the requests of one turn of the event loop to a function together, in a thread."""
        return self._together.setdefault(answer, AtOnce.in_thread(partial(answer, self)))

    @contextmanager
    def known_errors(self) -> Iterator[None]:
        """Raise a driver's bare error as SQLAlchemy's, for example when a connection breaks while it returns to the pool."""
        driver = self.engine.dialect.loaded_dbapi
        try:
            yield
        except driver.Error as error:
            lost = isinstance(error, driver.OperationalError | driver.InterfaceError)
            raise DBAPIError.instance(
                None, None, error, driver.Error, connection_invalidated=lost, dialect=self.engine.dialect
            ) from error

    @contextmanager
    def _turn(self, *, patient: bool) -> Iterator[None]:
        """Wait for the other writers of this process."""
        if not self._lock.acquire(timeout=-1 if patient else self._timeouts.lock_ms / 1_000):
            msg = "another writer of this process has not finished in time"
            raise PoolTimeoutError(msg)
        try:
            yield
        finally:
            self._lock.release()

    def check(self) -> None:
        """Raise `DatabaseUnavailableError` with a clear reason if the database can't be reached or written."""
        if self.path is not None and not self.path.parent.is_dir():
            msg = f"The folder of the SQLite database {self.path} does not exist. Create it, or change GROUPCHAT_DATABASE_URL."
            raise DatabaseUnavailableError(msg)
        try:
            with self.write() as connection:
                if self.is_sqlite:
                    write_nothing(connection)
        except DBAPIError as error:
            raise unavailable(error, self.url) from error

    def close(self) -> None:
        """Close all connections."""
        for engine in self.engines:
            engine.dispose()
        self.session_locks.close()
        if self._file is not None:
            self._file.forget()


def run_at_end(connection: Connection, statement: str, parameters: Mapping[str, Any]) -> None:
    """Run a statement of Postgres together with the commit when the block of `Database.write` ends; one in each block."""
    connection.info[_ENDING] = f"{statement}; ", parameters


def write_nothing(connection: Connection) -> None:
    """Write in a transaction without changing anything. Only that reveals a read-only file or a full disk."""
    if connection.dialect.name == "sqlite":
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        connection.exec_driver_sql(f"PRAGMA user_version = {version}")
        return
    connection.exec_driver_sql("INSERT INTO stored_events SELECT * FROM stored_events WHERE false")  # may this user write?
    connection.exec_driver_sql("SELECT pg_logical_emit_message(true, 'groupchat', '')")  # does the server have room for its log?


def unavailable(error: DBAPIError, url: URL) -> DatabaseUnavailableError:
    """Return what a driver's error means for the person who runs the server, without passwords and SQL."""
    reason = first_line(error.orig) if error.orig else "no reason given"
    advice = "check GROUPCHAT_DATABASE_URL and that the database is up"
    if "locked" in reason:
        advice = "another program holds its lock; stop that program, or wait until it has finished"
    elif "read-only" in reason and url.get_backend_name() == "postgresql":
        advice = "connect to the primary, not to a standby"
    elif "readonly" in reason:
        advice = "the file or its folder can't be written; give this user write permission"
    elif "deleted or replaced" in reason:
        advice = "put the file back, or stop groupchat and start it again"
    elif "not a database" in reason:
        advice = "the file has another format; use another path"
    return DatabaseUnavailableError(f"The database {shown(url)} can't be used ({reason}): {advice}.")


def is_passing(error: BaseException) -> bool:
    """Return whether an error concerns the connection, the pool, a lock or the disk, so that the same work may succeed later.

    Only this function decides it. An error of a server that has become a standby passes too, because the address may soon lead to
    the primary.
    """
    if isinstance(error, PoolTimeoutError) or (isinstance(error, DBAPIError) and error.connection_invalidated):
        return True
    if isinstance(error, DBAPIError) and getattr(error.orig, "pgcode", None) in _PASSING_STATES:
        return True
    return isinstance(error, OperationalError) and not (isinstance(error.orig, sqlite3.Error) and "no such" in str(error.orig))


def is_locked(error: BaseException) -> bool:
    """Return whether an error of Postgres says that another transaction has locked what this one needs."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "pgcode", None) == _LOCKED_STATE


def shown(url: URL) -> str:
    """Return a URL without its passwords, wherever they are in it."""
    hidden = {name: "***" for name in url.query if "password" in name.lower()}
    return url.update_query_dict(hidden).render_as_string(hide_password=True)


def _parse(url: str | URL) -> URL:
    if isinstance(url, str) and url.startswith("postgres://"):  # the form that other programs and database hosts use
        url = url.replace("postgres://", "postgresql://", 1)
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
        # Text in the place of the port may be a part of a password.
        reason = "its port is not a number" if isinstance(error, ValueError) else error
        msg = f"GROUPCHAT_DATABASE_URL is not a database URL ({reason}). Use sqlite:///groupchat.db or postgresql://user@host/name."
        raise DatabaseUnavailableError(msg) from error
    backend = parsed.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        msg = f"GROUPCHAT_DATABASE_URL names {backend}, but groupchat runs only on sqlite and postgresql."
        raise DatabaseUnavailableError(msg)
    if parsed.get_driver_name() not in ("pysqlite", "psycopg2"):
        msg = f"GROUPCHAT_DATABASE_URL names the driver {parsed.get_driver_name()}. Use {backend}://... without a driver."
        raise DatabaseUnavailableError(msg)
    if backend == "sqlite" and (not parsed.database or ":memory:" in parsed.database or "mode=memory" in str(parsed)):
        msg = "GROUPCHAT_DATABASE_URL does not name a file, and an in-memory database keeps nothing. Use sqlite:///groupchat.db."
        raise DatabaseUnavailableError(msg)
    return parsed


def _prepare_postgres(timeouts: Timeouts, connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = {timeouts.statement_ms}; SET lock_timeout = {timeouts.lock_ms}; SET jit = off")
    connection.commit()


def _show_only(schema: str, connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('search_path', quote_ident(%s), false)", (schema,))
    connection.commit()


def _prepare_sqlite(timeouts: Timeouts, connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy begins and ends transactions, not the driver
    connection.execute(f"PRAGMA busy_timeout = {timeouts.busy_ms}")
    _turn_to_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA recursive_triggers = ON")  # so that a replaced row counts as deleted, too


def _turn_to_wal(connection: sqlite3.Connection) -> None:
    """Switch a file to WAL. SQLite refuses all but one of several simultaneous attempts without waiting, so they wait here."""
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if "readonly" in str(error):  # `check` reports the reason
            return
        if "locked" not in str(error):
            raise
        connection.execute("BEGIN EXCLUSIVE")  # waits for the lock, at most for the busy timeout
        connection.execute("COMMIT")
        _turn_to_wal(connection)


def _begin_postgres(connection: Connection, cursor: Any, statement: str, parameters: Any, *_: object) -> tuple[str, Any]:
    """Send the beginning of a transaction with its first statement."""
    beginning = connection.info.pop(_BEGINNING, "")
    if beginning and isinstance(parameters, list):  # the driver repeats the statement for each of them
        cursor.execute(beginning)
        beginning = ""
    return beginning + statement, parameters


def _begin_reading(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Connection) -> None:
    level = "FULL" if connection.get_execution_options().get(_DURABLE, True) else "NORMAL"
    connection.exec_driver_sql(f"PRAGMA synchronous = {level}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
