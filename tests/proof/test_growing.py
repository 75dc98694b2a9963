import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, func, insert, select, update

from groupchat.proof.growing import NAME, Tree, grow, grow_again
from groupchat.proof.kept import TILES, put, tiles_in
from groupchat.proof.leaf import leaf_hashes, leaf_of
from groupchat.proof.tiles import root_in
from groupchat.proof.tree import root_of
from groupchat.store.positions import FollowerStatus, park, retry, status_of, statuses
from groupchat.store.rows import EventRow, rows_between
from groupchat.store.tables import STORED_EVENTS
from tests.proof.logs import fill
from tests.store.counting import PATIENCE


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
    tree = Tree(database, store.signals)
    fill(database, 300)
    assert (tree.step(), tree.step()) == (300, 0)
    fill(database, 10, first=301)
    assert tree.step() == 10
    assert tree_of(database) == (310, root_of(hashes_of(database, 310)))


async def test_the_worker_grows_the_tree_until_it_is_stopped_R70(store):
    fill(store.database, 20)
    stop = asyncio.Event()
    running = asyncio.create_task(Tree(store.database, store.signals).run(stop))
    async with asyncio.timeout(PATIENCE):
        with store.signals.progress.listen() as bell:
            while (await asyncio.to_thread(statuses, store.database)).get(NAME, FollowerStatus(NAME, 0)).position < 20:
                await bell.wait()
                bell.clear()
        stop.set()
        await running
    assert tree_of(store.database) == (20, root_of(hashes_of(store.database, 20)))


def test_an_event_that_cannot_be_read_has_its_leaf_R70(store):
    database = store.database
    fill(database, 20)
    with database.write() as connection:
        connection.execute(update(STORED_EVENTS).where(STORED_EVENTS.c.id == 5).values(state=b"not readable"))
    assert Tree(database, store.signals).step() == 20
    assert tree_of(database) == (20, root_of(hashes_of(database, 20)))


def test_the_tree_stops_at_a_missing_event_and_continues_when_it_is_back_R70(store):
    database = store.database
    fill(database, 20)
    with database.write() as connection:
        row = connection.execute(select(STORED_EVENTS).where(STORED_EVENTS.c.id == 5)).one()._asdict()
        connection.execute(delete(STORED_EVENTS).where(STORED_EVENTS.c.id == 5))
    tree = Tree(database, store.signals)
    assert (tree.step(), tree.step()) == (0, 0)
    status = statuses(database)[NAME]
    assert (status.stopped_at, "it was removed" in str(status.error)) == (5, True)
    park(database, NAME)
    assert tree.step() == 0  # nothing can be parked in its place
    assert statuses(database)[NAME].stopped_at == 5
    with database.write() as connection:
        connection.execute(insert(STORED_EVENTS), [row])
    retry(database, NAME)
    assert tree.step() == 20


def test_the_tree_stops_before_a_missing_event_R70(database):
    fill(database, 20)
    with database.write() as connection:
        connection.execute(delete(STORED_EVENTS).where(STORED_EVENTS.c.id == 5))
    with pytest.raises(Exception, match="at position 5 can't be handled: the log has no event at this position: it was removed"):
        grow(database, 20)


def test_a_batch_that_comes_twice_is_added_once_R70(database):
    fill(database, 20)
    for position in (20, 20, 7):
        grow(database, position)
    assert tree_of(database) == (20, root_of(hashes_of(database, 20)))


def test_a_tree_that_is_computed_again_has_the_same_root_R70(database):
    fill(database, 701)
    grow(database, 700)
    before = tree_of(database)
    with database.write() as connection:
        connection.execute(delete(TILES))
    with pytest.raises(Exception, match=r"tile/0/002 is missing or incomplete\. Run `groupchat audit rebuild`"):
        grow(database, 701)
    grow_again(database, 700, quietly)
    assert tree_of(database) == before


def test_processes_that_grow_the_tree_together_add_each_event_once_R70(database):
    fill(database, 300)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda position: grow(database, position), range(10, 301, 10)))
    grow(database, 300)
    assert tree_of(database) == (300, root_of(hashes_of(database, 300)))


def test_an_empty_log_has_an_empty_tree_R70(database):
    grow_again(database, 0, quietly)
    with database.write() as connection:
        put(connection, [])
    assert tree_of(database) == (0, root_of([]))


def test_a_state_of_another_type_in_sqlite_is_hashed_as_its_bytes_R70(sqlite_url, database):
    if not database.is_sqlite:
        pytest.skip("Postgres stores bytes only")
    fill(database, 3)
    before = hashes_of(database, 3)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE stored_events SET state = CAST(state AS TEXT), topic = CAST(topic AS BLOB)")
        assert connection.execute(select(func.typeof(STORED_EVENTS.c.state))).first() == ("text",)
    assert hashes_of(database, 3) == before
