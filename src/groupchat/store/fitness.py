"""Whether a database can be used as groupchat uses it: found out at start, and by `/readyz` while running.

A standby takes no writes, a user may lack rights, another groupchat may have changed the schema meanwhile. And a pooler that lends
a server's session for one transaction breaks what rests on sessions: leases, and being woken by `LISTEN`. Nothing else would say
so: with such a pooler, two workers hold one lease. The words name no address, because `/readyz` shows them to anybody.
"""

from collections.abc import Sequence
from contextlib import ExitStack

from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from groupchat.store.database import Database, DatabaseUnavailableError, write_nothing

_OTHERS = 3
"""How many connections are busy while another one is asked whether it still has its session."""
_FORBIDDEN = "42501"
_PRIMARY = "SELECT NOT pg_is_in_recovery() AND current_setting('default_transaction_read_only') = 'off'"


class UnfitError(DatabaseUnavailableError):
    """The database can be reached, but not used; the message says why and what to do, without its address."""


def require_sessions(database: Database) -> None:
    """Raise `UnfitError` for a standby or a read-only database, and for connections that do not keep their sessions."""
    if database.is_sqlite:
        return
    with ExitStack() as stack:
        one = stack.enter_context(database.statement())
        if not one.exec_driver_sql(_PRIMARY).scalar_one():
            msg = "The database is read-only: connect to the primary, not to a standby, as a user who may write."
            raise UnfitError(msg)
        if not keeps_session(one, [stack.enter_context(database.engine.connect()) for _ in range(_OTHERS)]):
            msg = (
                "The connections to Postgres don't keep their sessions, which leases and notifications need: connect to Postgres "
                "itself, or through a pooler in session mode (pool_mode=session in PgBouncer)."
            )
            raise UnfitError(msg)


def keeps_session(one: Connection, others: Sequence[Connection]) -> bool:
    """Tell whether a connection that commits by itself has a session of its own, also while others have transactions open.

    Asking the others begins their transactions; they end when their connections are given back.
    """
    session = _session(one)
    return session not in [_session(other) for other in others] and _session(one) == session


def require_rights(connection: Connection) -> None:
    """Raise `UnfitError` for a user who may not write; the schema must be there."""
    try:
        write_nothing(connection)
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) != _FORBIDDEN:
            raise
        msg = "The database user may not write: GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES to this user, or name the owner."
        raise UnfitError(msg) from error


def require_schema_of(connection: Connection, newest: str) -> None:
    """Raise `UnfitError` for another schema than the newest that this version knows."""
    found = MigrationContext.configure(connection).get_current_heads()
    if found != (newest,):
        msg = f"The database has schema {', '.join(found) or 'none'}, not {newest}: run the groupchat that the schema belongs to."
        raise UnfitError(msg)


def _session(connection: Connection) -> int:
    pid: int = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    return pid
