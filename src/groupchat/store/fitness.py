"""Checks of whether groupchat can use a database, at start and while running (`/readyz`).

A standby accepts no writes, a user may lack privileges, and another groupchat may have changed the schema. A pooler that lends a
server's session for one transaction only breaks everything that depends on sessions: leases, and the bells rung by `LISTEN`.
Without this check, two workers behind such a pooler would both hold one lease unnoticed. The messages don't contain an address,
because `/readyz` shows them to anyone.
"""

from collections.abc import Sequence
from contextlib import ExitStack

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from groupchat.store.database import Database, DatabaseUnavailableError, write_nothing
from groupchat.store.schema_version import schema_of

_OTHERS = 3
"""The number of connections that are busy during the check that another one has kept its session."""
_FORBIDDEN = "42501"
_PRIMARY = "SELECT NOT pg_is_in_recovery() AND current_setting('default_transaction_read_only') = 'off'"


class UnfitError(DatabaseUnavailableError):
    """The database can be reached but not used. The message says why and what to do, without its address."""


def require_sessions(database: Database) -> None:
    """Raise `UnfitError` for a standby or a read-only database, and for connections that don't keep their sessions."""
    if database.is_sqlite:
        return
    with ExitStack() as stack:
        one = stack.enter_context(database.statement())
        if not one.exec_driver_sql(_PRIMARY).scalar_one():
            msg = "The database is read-only. Connect to the primary, not to a standby, as a user with write privileges."
            raise UnfitError(msg)
        if not keeps_session(one, [stack.enter_context(database.engine.connect()) for _ in range(_OTHERS)]):
            msg = (
                "The connections to Postgres don't keep their sessions, which leases and notifications need. Connect to Postgres "
                "itself, or through a pooler in session mode (pool_mode=session in PgBouncer)."
            )
            raise UnfitError(msg)


def keeps_session(one: Connection, others: Sequence[Connection]) -> bool:
    """Return whether an autocommit connection keeps its own session, even while other connections have open transactions.

    The statements on the other connections begin those transactions; they end when the connections return to the pool.
    """
    session = _session(one)
    return session not in [_session(other) for other in others] and _session(one) == session


def require_rights(connection: Connection) -> None:
    """Raise `UnfitError` for a user who may not write. The schema must exist."""
    try:
        write_nothing(connection)
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) != _FORBIDDEN:
            raise
        msg = "The database user may not write. GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES to this user, or use the owner."
        raise UnfitError(msg) from error


def require_schema_of(connection: Connection, newest: str) -> None:
    """Raise `UnfitError` for any schema other than the newest that this version knows."""
    found = schema_of(connection)
    if found != newest:
        msg = f"The database has schema {found or 'none'}, not {newest}. Run the groupchat version that has this schema."
        raise UnfitError(msg)


def _session(connection: Connection) -> int:
    pid: int = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    return pid
