"""Finding out whether anything can be stored: every obstacle to an append is noticed, by a trial write alone."""

import asyncio
import resource
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from sqlalchemy import event

from groupchat.store.database import Database
from groupchat.store.probe import Probe
from tests.support.locking import locked_by_another
from tests.support.statements import before_commits


def file_of(database: Database, suffix: str = "") -> Path:
    return Path(f"{database.path}{suffix}")


@contextmanager
def no_file_grows_beyond(size: int):
    """Let this process write nothing at offsets from `size` bytes on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_database_that_takes_writes_can_store(database):
    assert await Probe(database).can_store()


async def test_a_lock_that_is_held_for_too_long_keeps_from_storing(database, database_url):
    probe = Probe(database, holds=0.0, patience=0.05)
    with locked_by_another(database_url):
        assert not await probe.can_store()
    assert await Probe(database).can_store()


async def test_a_deleted_file_keeps_from_storing(sqlite_url):
    database = Database(sqlite_url)
    probe = Probe(database, holds=0.0)
    assert await probe.can_store()

    file_of(database).unlink()

    assert not await probe.can_store()
    database.close()


async def test_a_full_disk_keeps_from_storing(sqlite_url):
    database = Database(sqlite_url)
    probe = Probe(database, holds=0.0)
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE filler AS SELECT randomblob(300000)")

    with no_file_grows_beyond(file_of(database, "-wal").stat().st_size):
        assert not await probe.can_store()

    assert await probe.can_store()
    database.close()


async def test_a_database_that_only_reads_keeps_from_storing(postgres_url):
    database = Database(postgres_url)
    event.listen(database.single, "connect", _only_read)
    assert not await Probe(database).can_store()
    database.close()


def _only_read(connection, _record):
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    connection.commit()


async def test_a_result_is_reused_for_a_second_by_all_callers(database_url):
    database = Database(database_url)  # of its own, because what listens to it stays
    commits = count(1)
    before_commits(database, lambda: next(commits))
    probe = Probe(database, holds=60.0)

    assert all(await asyncio.gather(*(probe.can_store() for _ in range(10))))
    assert await probe.can_store()

    assert next(commits) == 2
    database.close()
