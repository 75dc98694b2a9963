"""Fitness of a database: an unusable one is rejected at start with a reason, and the probe detects it while running."""

from contextlib import ExitStack, contextmanager

import pytest
from sqlalchemy import make_url, text

from groupchat.store import fitness
from groupchat.store.database import Database
from groupchat.store.fitness import UnfitError, keeps_session, require_sessions
from groupchat.store.probe import Probe
from groupchat.store.schema import migrate
from tests.cli.read_only import only_reading


@contextmanager
def opened(url):
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


class Pooled:
    """A client's connection through a pooler that lends a server's session for one transaction only.

    As PgBouncer does by default, it lends the session that was given back last. `begins`: a statement begins a transaction.
    """

    def __init__(self, free, *, begins):
        self._free = free
        self._begins = begins

    def exec_driver_sql(self, statement):
        found = self._free[-1].exec_driver_sql(statement)
        if self._begins:
            self._free.pop()
        return found


@pytest.fixture
def sessions(postgres_url):
    """Four sessions of a server."""
    with opened(postgres_url) as database, ExitStack() as stack:
        yield [stack.enter_context(database.statement()) for _ in range(4)]


def test_connections_to_postgres_itself_keep_their_sessions(sessions):
    assert keeps_session(sessions[0], sessions[1:])


@pytest.mark.parametrize("size", [2, 4])
def test_a_pooler_that_lends_sessions_for_a_transaction_is_found_out(sessions, size):
    free = sessions[:size]
    assert not keeps_session(Pooled(free, begins=False), [Pooled(free, begins=True) for _ in range(size - 1)])


def test_a_pooler_is_refused_at_start_and_shown_while_running(postgres_url, monkeypatch):
    monkeypatch.setattr(fitness, "keeps_session", lambda *_: False)
    with opened(postgres_url) as database, pytest.raises(UnfitError, match="pool_mode=session"):
        migrate(database)


async def test_a_database_that_becomes_read_only_is_refused_at_start_and_found_out_while_running(empty_postgres_url):
    """As after a failover, when the address leads to a standby."""
    with opened(empty_postgres_url) as database:
        migrate(database)
        probe = Probe(database, holds=0.0)
        assert (await probe.can_store(), probe.reason) == (True, None)
        with database.write() as connection:
            name = make_url(empty_postgres_url).database
            connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
        database.close()

        assert not await probe.can_store()
        assert "Connect to the primary" in probe.reason
        with pytest.raises(UnfitError, match="Connect to the primary"):
            require_sessions(database)


async def test_a_user_who_may_only_read_is_refused_at_start_and_found_out_while_running(postgres_url):
    with only_reading(postgres_url) as url, opened(url) as database:
        probe = Probe(database)
        assert not await probe.can_store()
        assert "GRANT SELECT, INSERT" in probe.reason
        with pytest.raises(UnfitError, match="GRANT SELECT, INSERT"):
            migrate(database)


async def test_a_schema_that_another_groupchat_made_meanwhile_is_found_out(empty_database_url):
    with opened(empty_database_url) as database:
        migrate(database)
        with database.write() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        probe = Probe(database)

        assert not await probe.can_store()
        assert "schema 9999" in probe.reason


async def test_an_unreachable_database_has_no_reason(tmp_path):
    with opened(f"sqlite:///{tmp_path / 'no folder' / 'groupchat.db'}") as database:
        probe = Probe(database)
        assert (await probe.can_store(), probe.reason) == (False, None)
