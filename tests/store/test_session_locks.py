"""All leases of a process are locks of one session, and end together."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from groupchat.store.database import Database
from groupchat.store.session_locks import SessionLocks
from tests.store.outages import end_session


def sessions(database: Database) -> list[int]:
    """Return the server's sessions that hold locks of leases."""
    with database.read() as connection:
        held = "SELECT DISTINCT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 26482 AND granted"
        return list(connection.exec_driver_sql(held).scalars())


def nothing(_connection):
    return {}


@pytest.fixture
def database(postgres_url):
    database = Database(postgres_url)
    yield database
    database.close()


@pytest.fixture
def locks(database) -> SessionLocks:
    return database.session_locks


@pytest.fixture
def others(postgres_url):
    """Return the locks of another process."""
    database = Database(postgres_url)
    yield database.session_locks
    database.close()


def test_all_locks_are_in_one_session_until_they_are_released(locks: SessionLocks, database):
    taken = {name: locks.take(name) for name in ("inbox", "pane", "delivery")}
    assert len(set(taken.values())) == len(sessions(database)) == 1
    for name, session in taken.items():
        locks.release(name, session)

    assert sessions(database) == []


def test_a_process_that_waits_for_locks_opens_one_connection(locks: SessionLocks, others: SessionLocks):
    locks.take("inbox")
    opened = []
    event.listen(others._engine, "connect", lambda *_: opened.append(1))

    assert [others.take("inbox") for _ in range(5)] == [None] * 5
    assert len(opened) == 1


def test_a_lock_is_taken_once_in_a_process_and_once_in_all(locks: SessionLocks, others: SessionLocks):
    session = locks.take("inbox")
    assert (locks.take("inbox"), locks.take("inbox", shared=True), others.take("inbox")) == (None, None, None)

    locks.release("inbox", session)
    assert others.take("inbox") is not None


def test_of_many_threads_one_gets_a_lock(locks: SessionLocks):
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: locks.take("inbox"), range(32)))

    assert sum(session is not None for session in found) == 1


def test_a_shared_lock_is_free_for_one_holder_when_all_that_share_it_have_released_it(locks: SessionLocks, others: SessionLocks):
    first, second = locks.take("view", shared=True), locks.take("view", shared=True)
    assert others.take("view", shared=True) is not None
    assert locks.take("view") is None
    others.close()

    locks.release("view", first, shared=True)
    assert (locks.take("view"), others.take("view")) == (None, None)
    locks.release("view", second, shared=True)
    assert others.take("view") is not None


def test_with_the_session_all_locks_are_lost_and_the_next_one_is_in_another(locks: SessionLocks, others, database, postgres_url):
    taken = {name: locks.take(name) for name in ("inbox", "pane")}
    (session,) = sessions(database)
    end_session(postgres_url, session)
    assert others.take("pane") is not None
    with pytest.raises(DBAPIError):
        locks.take("delivery")

    assert [locks.look(session, nothing, 60) for session in taken.values()] == [None, None]
    assert locks.take("inbox") not in (None, *taken.values())
    locks.release("inbox", taken["inbox"])  # of the lost session, so it isn't the present holder's
    assert others.take("inbox") is None


def test_a_session_is_asked_at_most_once_in_a_while(locks: SessionLocks):
    asked = []

    def read(_connection):
        asked.append(1)
        return {"inbox": len(asked)}

    session = locks.take("inbox")
    assert [locks.look(session, read, 60) for _ in range(3)] == [{"inbox": 1}] * 3
    assert locks.look(session, read, 0) == {"inbox": 2}


def test_a_session_that_broke_has_no_locks_any_more(locks: SessionLocks, others, database, postgres_url):
    session = locks.take("inbox")
    end_session(postgres_url, *sessions(database))

    assert locks.look(session, lambda connection: connection.exec_driver_sql("SELECT 1").all(), 0) is None
    assert others.take("inbox") is not None
