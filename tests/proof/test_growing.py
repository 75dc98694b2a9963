import pytest
from sqlalchemy import delete, func, select, update

from groupchat.proof.growing import NAME, Tree, grow_again
from groupchat.proof.kept import TILES, tiles_in
from groupchat.proof.leaf import leaf_hashes, leaf_of
from groupchat.proof.tiles import root_in
from groupchat.proof.tree import root_of
from groupchat.store.follower import Follower
from groupchat.store.log import Log
from groupchat.store.positions import park, status_of
from groupchat.store.rows import EventRow, rows_between
from groupchat.store.tables import STORED_EVENTS
from tests.proof.logs import fill


def tree_of(database):
    with database.read() as connection:
        size = status_of(connection, NAME).position
        return size, root_in(tiles_in(connection), size)


def hashes_of(database, count):
    with database.read() as connection:
        return leaf_hashes(rows_between(connection, 0, count))


def quietly(done, total):
    pass


def test_a_leaf_is_the_stored_row_to_the_byte_R70():
    row = EventRow(7, 3, "cnv_é".encode(), b"groupchat.test", b'{"a":"\\n"}')
    assert leaf_of(row) == 'groupchat-event/v1\ncnv_é\n3\ngroupchat.test\n{"a":"\\n"}'.encode()


async def test_the_tree_follows_the_log_R70(store):
    database = store.database
    follower = Follower(store, Tree(database))
    fill(database, 300)
    while await follower.step():
        pass
    fill(database, 10, first=301)
    await follower.step()
    assert tree_of(database) == (310, root_of(hashes_of(database, 310)))


async def test_a_parked_event_has_its_leaf_R70(store):
    database = store.database
    follower = Follower(store, Tree(database))
    fill(database, 20)
    with database.write() as connection:
        connection.execute(update(STORED_EVENTS).where(STORED_EVENTS.c.id == 5).values(state=b"not readable"))
    await follower.step()
    await follower.step()
    assert follower.status().stopped_at == 5
    park(database, NAME)
    while await follower.step():
        pass
    assert tree_of(database) == (20, root_of(hashes_of(database, 20)))


def test_the_tree_stands_still_before_an_event_that_is_missing_R70(database):
    fill(database, 20)
    with database.write() as connection:
        connection.execute(delete(STORED_EVENTS).where(STORED_EVENTS.c.id == 5))
    with pytest.raises(Exception, match="at position 5 can't be handled: the log has no event at this position: it was removed"):
        Tree(database).grow(20)


def test_a_batch_that_comes_twice_is_added_once_R70(database):
    fill(database, 20)
    for position in (20, 20, 7):
        Tree(database).grow(position)
    assert tree_of(database) == (20, root_of(hashes_of(database, 20)))


def test_a_tree_that_is_computed_again_has_the_same_root_R70(database):
    fill(database, 700)
    Tree(database).grow(700)
    before = tree_of(database)
    with database.write() as connection:
        connection.execute(delete(TILES))
    with pytest.raises(Exception, match=r"tile/0/002 is missing or incomplete\. Run `groupchat audit rebuild`"):
        Tree(database).grow(701)
    grow_again(database, Log.of(database).head(), quietly)
    assert tree_of(database) == before


def test_a_state_of_another_type_in_sqlite_is_hashed_as_its_bytes_R70(sqlite_url, database):
    if not database.is_sqlite:
        pytest.skip("Postgres stores bytes only")
    fill(database, 3)
    before = hashes_of(database, 3)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE stored_events SET state = CAST(state AS TEXT), topic = CAST(topic AS BLOB)")
        assert connection.execute(select(func.typeof(STORED_EVENTS.c.state))).first() == ("text",)
    assert hashes_of(database, 3) == before
