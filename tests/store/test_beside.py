"""Extra databases next to the main one: their rows are seen only there, and vanish when they are dropped."""

from pathlib import Path
from stat import S_IMODE

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, inspect, select, text

from groupchat.store.beside import Beside
from groupchat.store.database import Database, DatabaseUnavailableError
from groupchat.store.tables import FOLLOWERS

THINGS = Table("things", MetaData(), Column("id", Integer, primary_key=True))


@pytest.fixture
def beside(database):
    beside = Beside(database, "things")
    yield beside
    beside.drop()


def make(beside):
    with beside.write() as connection:
        beside.create(connection)
        THINGS.create(connection)
        connection.execute(insert(THINGS).values(id=7))


def test_only_its_owner_can_read_the_extra_file_of_sqlite(beside):
    make(beside)

    assert beside.path is None or S_IMODE(beside.path.stat().st_mode) == 0o600


def test_extra_tables_are_not_in_the_main_database_and_are_dropped_together(database, beside):
    assert not beside.exists()
    make(beside)

    assert beside.exists()
    assert not inspect(database.engine).has_table("things")
    assert not inspect(beside.engine).has_table(FOLLOWERS.name), "nor the other way round"

    beside.drop()
    assert not beside.exists()
    beside.drop()


def test_a_connection_of_the_main_database_is_shown_both_at_one_moment(database, beside):
    make(beside)
    shown = THINGS.to_metadata(MetaData(), schema=beside.schema)

    with database.write() as connection:
        beside.show_to(connection)
        assert connection.execute(select(shown.c.id)).scalars().all() == [7]
        assert connection.execute(select(FOLLOWERS)).all() == []


def test_leftovers_of_a_killed_process_are_dropped_with_the_extra_file(sqlite_url):
    main = Database(sqlite_url)
    beside = Beside(main, "things")
    for suffix in ("", "-journal", "-wal", "-shm"):
        Path(f"{beside.path}{suffix}").write_bytes(b"")

    beside.drop()

    assert [file for file in beside.path.parent.iterdir() if file.name.startswith(beside.path.name)] == []
    main.close()


def test_a_user_without_the_right_to_create_schemas_gets_advice(postgres_url):
    owner = Database(postgres_url)
    with owner.write() as connection:
        connection.execute(text("CREATE ROLE guest LOGIN"))
    guest = Database(owner.url.set(username="guest"))
    try:
        beside = Beside(guest, "things")
        with (
            pytest.raises(DatabaseUnavailableError, match=r"permission denied.*GRANT CREATE ON DATABASE"),
            beside.write() as connection,
        ):
            beside.create(connection)
    finally:
        beside.close()
        guest.close()
        with owner.write() as connection:
            connection.execute(text("DROP ROLE guest"))
        owner.close()
