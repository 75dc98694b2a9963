"""A database for a user who may only read it."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from sqlalchemy import create_engine, make_url, text


@contextmanager
def only_reading(url: str, tables: str = "ALL TABLES IN SCHEMA public") -> Iterator[str]:
    """Give a URL under which the same database can be read; on Postgres only these tables, as a user who is dropped at the end."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        yield f"sqlite:///file:{parsed.database}?mode=ro&uri=true"
        return
    role = f"reader_{uuid4().hex}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN"))
        connection.execute(text(f"GRANT SELECT ON {tables} TO {role}"))
        try:
            yield parsed.set(username=role, password=None).render_as_string(hide_password=False)
        finally:
            connection.execute(text(f"DROP OWNED BY {role}"))
            connection.execute(text(f"DROP ROLE {role}"))
    engine.dispose()
