"""The files of an SQLite database: nobody else reads them, and nothing is written into one that was deleted."""

import asyncio
import sqlite3
from pathlib import Path
from stat import S_IMODE

import pytest
from sqlalchemy.exc import OperationalError

from groupchat.store.database import Database, is_passing
from groupchat.store.lease import Lease
from groupchat.store.refusals import UnavailableError
from groupchat.store.schema import migrated_database
from tests.store.counting import count
from tests.store.following import opened

FILES = ("groupchat.db", "groupchat.db-wal", "groupchat.db-shm", "groupchat.db.inbox.lock")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "groupchat.db"


@pytest.fixture
def database(path):
    database = migrated_database(f"sqlite:///{path}")
    yield database
    database.close()


def modes(path: Path) -> dict[str, int]:
    return {each.name: S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}


def write(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO followers (name, position) VALUES ('inbox', 1)")


async def test_only_its_owner_can_read_a_new_database_and_the_files_next_to_it(database, path):
    write(database)
    async with Lease(database, "inbox", asyncio.Event()):
        assert modes(path) == dict.fromkeys(
            ("groupchat.db", "groupchat.db-wal", "groupchat.db-shm", "groupchat.db.inbox.lock"), 0o600
        )


async def test_opening_an_older_database_closes_its_files_to_others(path):
    with sqlite3.connect(path) as older:
        older.execute("PRAGMA journal_mode = WAL")
        older.execute("CREATE TABLE kept (x)")
        (path.parent / FILES[-1]).touch()
        for each in path.parent.iterdir():
            each.chmod(0o644)

        database = Database(f"sqlite:///{path}")
        database.check()
        database.close()

        assert modes(path) == dict.fromkeys(FILES, 0o600)
    older.close()


@pytest.mark.parametrize("replaced", [False, True])
def test_nothing_is_written_into_a_file_that_was_deleted_or_replaced(database, path, replaced):
    write(database)
    path.unlink()
    if replaced:
        path.touch()

    with pytest.raises(OperationalError, match="deleted or replaced") as refused:
        write(database)

    assert is_passing(refused.value)
    assert path.exists() == replaced


def test_a_write_during_which_the_file_is_deleted_fails(database, path):
    with pytest.raises(OperationalError, match="deleted or replaced"), database.write():
        path.unlink()


def test_a_file_that_was_put_back_is_written_again(database, path):
    away = path.rename(path.with_name("away.db"))
    with pytest.raises(OperationalError):
        write(database)

    away.rename(path)

    write(database)


def test_a_new_connection_makes_no_new_file_in_place_of_the_deleted_one(database, path):
    with database.read(), database.read():
        path.unlink()
        with pytest.raises(OperationalError, match="deleted or replaced"), database.statement():
            pass

    assert not path.exists()


async def test_a_command_is_unavailable_when_the_file_is_gone(path):
    url = f"sqlite:///{path}"
    migrated_database(url).close()
    async with opened(url) as store:
        await count(store, "a")
        path.unlink()
        with pytest.raises(UnavailableError):
            await count(store, "a")
