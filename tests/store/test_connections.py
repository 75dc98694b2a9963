"""The connections of a database's pools."""

from contextlib import ExitStack

import pytest
from sqlalchemy import Engine

from groupchat.store.database import CONNECTIONS, Database


def sessions(engine: Engine) -> set[int]:
    """Return the server's sessions when all connections of a pool are in use."""
    with ExitStack() as stack:
        connections = [stack.enter_context(engine.connect()) for _ in range(CONNECTIONS)]
        return {each.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() for each in connections}


@pytest.mark.parametrize("pool", ["engine", "single"])
def test_all_connections_of_a_pool_stay_open(postgres_url: str, pool: str):
    database = Database(postgres_url)
    try:
        assert sessions(getattr(database, pool)) == sessions(getattr(database, pool))
    finally:
        database.close()
