import pytest
from sqlalchemy import delete, insert, select, update

from groupchat.proof.checkpoint import Checkpoint
from groupchat.proof.growing import grow
from groupchat.proof.kept import CHECKPOINTS, TILES, put
from groupchat.proof.leaf import leaf_hashes
from groupchat.proof.notes import SigningKey
from groupchat.proof.parts import PART, Task, hash_part, hashing, tasks
from groupchat.proof.tiles import Growing
from groupchat.proof.tree import Frontier, leaf_hash, root_of
from groupchat.proof.verifying import opened_all, verify
from groupchat.store.rows import rows_between
from groupchat.store.tables import STORED_EVENTS
from tests.proof.logs import KEY, fill, fill_and_sign, look

_T = STORED_EVENTS.c


def says(connection, *checkpoints, **given):
    return [(fault.position, fault.says) for fault in look(connection, checkpoints, **given).faults]


def set_(connection, position, **values):
    connection.execute(update(STORED_EVENTS).where(_T.id == position).values(**values))


def recompute_tiles(connection):
    rows = rows_between(connection, 0, 10_000)
    put(connection, Growing(0, lambda _level, _number: b"").add(leaf_hashes(rows)))


# --- parts


def test_parts_cover_the_log_and_are_cut_at_checkpoints_R70():
    assert tasks(0, 2 * PART + 5, [3, PART, PART + 1]) == [
        Task(0, PART, (3,)),
        Task(PART, 2 * PART, (PART + 1,)),
        Task(2 * PART, 2 * PART + 5),
    ]
    assert tasks(10, 20, [15]) == [Task(10, 20, (15,))]
    assert tasks(10, 10, []) == []


def test_the_nodes_of_any_parts_lead_to_the_root_R70(sqlite_url, database):
    fill_and_sign(database, 700)
    with database.read() as connection:
        hashes = leaf_hashes(rows_between(connection, 0, 700))
        frontier = Frontier()
        for task in (Task(0, 300, (7, 256)), Task(300, 700, (511, 512))):
            part = hash_part(connection, task)
            assert (part.first_wrong, part.missing) == (None, None)
            for height, hashed in part.nodes:
                frontier.add(hashed, height)
    assert frontier.root() == root_of(hashes)


def test_several_processes_find_the_same_as_one_R70(database):
    text = fill_and_sign(database, 300)
    with database.write() as connection:
        set_(connection, 290, originator_version=77)
    checkpoints, _ = opened_all([text], KEY.verifier)
    reports = []
    for processes in (1, 2):
        with hashing(database, processes) as hashed, database.read() as connection:
            reports.append(verify(connection, hashed, checkpoints, lambda _done, _total: None))
    assert reports[0] == reports[1]
    assert [fault.position for fault in reports[0].faults] == [290]


# --- what is said


def test_a_changed_event_is_named_and_all_earlier_events_are_confirmed_R70(database):
    first, second = fill_and_sign(database, 200), fill_and_sign(database, 100, first=201)
    with database.write() as connection:
        set_(connection, 250, topic="groupchat.other")
        report = look(connection, [first, second])
    assert report.covered == 200
    assert [fault.says for fault in report.faults] == [
        "The event at position 250 (cnv_201/8, groupchat.other) was changed. It is one which the checkpoint of 300 events covers."
    ]


def test_a_swap_a_removal_and_an_insertion_are_distinguished_R70(database):
    fill_and_sign(database, 20)
    with database.write() as connection:
        for old, new in ((5, -1), (9, 5), (-1, 9)):
            set_(connection, old, id=new)
    with database.read() as connection:
        ((position, swapped),) = says(connection)
    assert position == 5
    assert swapped.startswith("The events at positions 5 and 9 were swapped.")
    with database.write() as connection:
        connection.execute(delete(STORED_EVENTS).where(_T.id == 3))
        assert says(connection) == [(3, "There is no event at position 3: it was removed.")]
        for each in range(4, 21):
            set_(connection, each, id=each - 1)
        ((position, removed),) = says(connection)
        assert position == 3
        assert removed.startswith("The event that was at position 3 was removed, and those after it were renumbered.")


def test_an_event_that_was_moved_or_inserted_is_named_R70(database):
    fill_and_sign(database, 20)
    with database.write() as connection:
        row = connection.execute(select(STORED_EVENTS).where(_T.id == 9)).one()._asdict()
        for each in range(20, 3, -1):
            set_(connection, each, id=each + 1)
        connection.execute(insert(STORED_EVENTS), [row | {"id": 4, "originator_version": 77}])
        ((position, inserted),) = says(connection)
    assert position == 4
    assert ") was inserted: the one that was there has moved up" in inserted


def test_a_log_that_is_shorter_than_a_checkpoint_was_cut_off_or_restored_R70(database):
    text = fill_and_sign(database, 20)
    with database.write() as connection:
        connection.execute(delete(STORED_EVENTS).where(_T.id > 15))
        ((position, reason),) = says(connection, text)
    assert position == 16
    assert reason == (
        "The log ends at position 15, but the checkpoint of 20 events has 20: events were cut off at the end, or the database was "
        "restored from before."
    )


def test_checkpoints_narrow_a_change_down_if_tiles_were_changed_too_R70(database):
    fill_and_sign(database, 200)
    fill_and_sign(database, 100, first=201)
    with database.write() as connection:
        set_(connection, 250, topic="groupchat.other")
        recompute_tiles(connection)
        ((position, reason),) = says(connection)
    assert position == 201
    assert reason.endswith("the tiles were changed with them, so the first wrong event is one of 201 to 300.")


def test_a_wrong_tile_is_distinguished_from_a_wrong_event_R70(database):
    fill_and_sign(database, 300)
    with database.write() as connection:
        connection.execute(delete(TILES).where(TILES.c.level == 0, TILES.c.number == 1))
        ((position, reason),) = says(connection)
    assert position is None
    assert reason.startswith("tile/0/001 is missing, or is not what it was: the events lead to the checkpoints without it.")


@pytest.mark.parametrize("change", [lambda: delete(TILES), lambda: update(TILES).values(hashes=bytes(32))])
def test_a_wrong_tile_above_the_leaves_is_named_R70(database, change):
    fill_and_sign(database, 300)
    with database.write() as connection:
        connection.execute(change().where(TILES.c.level == 1))
        ((position, reason),) = says(connection)
    assert position is None
    assert reason.startswith("tile/1/000 is missing, or is not what it was")


def test_an_event_that_no_checkpoint_covers_yet_is_compared_with_the_tree_R70(database):
    fill_and_sign(database, 20)
    fill(database, 10, first=21)
    grow(database, 30)
    with database.write() as connection:
        set_(connection, 25, topic="groupchat.other")
        ((position, reason),) = says(connection)
    assert position == 25
    assert reason.endswith("groupchat.other) was changed. It is one which no checkpoint covers yet.")


def test_events_that_the_tree_has_not_reached_are_not_wrong_R70(database):
    fill_and_sign(database, 20)
    fill(database, 10, first=21)
    with database.read() as connection:
        report = look(connection)
    assert (report.faults, report.events) == ((), 20)


# --- keys and checkpoints


def test_a_checkpoint_of_another_key_is_a_fault_R70(database):
    fill_and_sign(database, 20)
    with database.read() as connection:
        ((_, reason),) = says(connection, key=SigningKey(KEY.name, bytes(32)).verifier)
    assert reason.startswith(
        "A checkpoint is forged, or belongs to another log. This checkpoint is not signed by the key example.com/log+"
    )


def test_two_checkpoints_of_one_size_prove_two_histories_R70(database):
    fill_and_sign(database, 20)
    other = str(Checkpoint(KEY.name, 20, leaf_hash(b"other")).signed_with(KEY))
    with database.read() as connection:
        reason = [fault for _, fault in says(connection, other)]
    assert reason[0].startswith("Two checkpoints of 20 events have different roots: the log's key has signed two histories.")


def test_all_checkpoints_are_compared_not_only_the_newest_R70(database):
    fill_and_sign(database, 20)
    fill_and_sign(database, 10, first=21)
    earlier = str(Checkpoint(KEY.name, 7, leaf_hash(b"other")).signed_with(KEY))
    with database.read() as connection:
        ((_, reason),) = says(connection, earlier)
    assert reason.startswith(
        "The events lead to the checkpoint of 20 events, but not to the earlier one of 7: the log's key has signed"
    )
    assert reason.endswith("They begin to differ at one of the positions 1 to 7.")


# --- going on


def test_verifying_continues_from_the_last_verified_checkpoint_R70(database):
    last = fill_and_sign(database, 300)
    fill_and_sign(database, 100, first=301)
    with database.write() as connection:
        set_(connection, 5, topic="groupchat.other")
        assert says(connection, since=last) == []
        set_(connection, 350, topic="groupchat.other")
        assert [position for position, _ in says(connection, since=last)] == [350]
        assert [position for position, _ in says(connection)] == [5]


@pytest.mark.parametrize("change", [lambda: delete(TILES), lambda: update(TILES).values(hashes=bytes(8192))])
def test_verifying_continues_only_if_the_tiles_match_the_verified_checkpoint_R70(database, change):
    last = fill_and_sign(database, 300)
    with database.write() as connection:
        connection.execute(change())
        connection.execute(delete(CHECKPOINTS))
        ((_, reason),) = says(connection, since=last)
    assert reason.endswith("Verify the whole log: give that checkpoint with --checkpoint, not with --last.")


def test_a_log_that_ends_before_the_last_verified_checkpoint_is_found_though_nothing_is_read_again_R70(database):
    last = fill_and_sign(database, 300)
    with database.write() as connection:
        connection.execute(delete(STORED_EVENTS).where(_T.id > 250))
        connection.execute(delete(CHECKPOINTS))
        ((position, reason),) = says(connection, since=last)
    assert (position, reason[:75]) == (251, "The log ends at position 250, but the checkpoint of 300 events in --last ha")
