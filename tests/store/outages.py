"""Outages of a Postgres database, without touching the server that other tests use."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine, make_url, text


def cut(url: str) -> None:
    """Break all connections to a database, as a restart of the server does."""
    with _server(url) as server:
        _cut(server, url)


def end_session(url: str, pid: int) -> None:
    """End one connection of the server, and return when it has ended."""
    with _server(url) as server:
        _run(server, "SELECT pg_terminate_backend(:pid, 5000)", pid=pid)


@contextmanager
def down(url: str) -> Iterator[None]:
    """Make a database unreachable until the block ends."""
    name = make_url(url).database
    with _server(url) as server:
        _run(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        try:
            _cut(server, url)
            yield
        finally:
            _run(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def somebody_waits(url: str) -> bool:
    """Return whether somebody waits for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = :name AND wait_event_type = 'Lock'"
    with _server(url) as server, server.connect() as connection:
        return bool(connection.execute(text(query), {"name": make_url(url).database}).scalar_one())


@contextmanager
def _server(url: str) -> Iterator[Engine]:
    engine = create_engine(make_url(url).set(database="postgres"), isolation_level="AUTOCOMMIT")
    try:
        yield engine
    finally:
        engine.dispose()


def _cut(server: Engine, url: str) -> None:
    """Break the connections that wait for a lock before the one that holds it, so that nobody gets it."""
    connections = "SELECT pid FROM pg_stat_activity WHERE datname = :name ORDER BY wait_event_type <> 'Lock', pid OFFSET 0"
    cut = f"SELECT pg_terminate_backend(pid, 5000) FROM ({connections}) AS connections"  # noqa: S608 - a constant
    _run(server, cut, name=make_url(url).database)


def _run(server: Engine, statement: str, **given: str | int | None) -> None:
    with server.connect() as connection:
        connection.execute(text(statement), given)
