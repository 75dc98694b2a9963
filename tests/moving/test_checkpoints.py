"""Checkpoints and proofs in exports, and what a move between databases leaves unchanged: every leaf, and so the root."""

from io import BytesIO

import pytest

from groupchat.moving.exporting import export_conversation
from groupchat.moving.importing import check
from groupchat.moving.lines import CheckpointLine, DamagedFileError, EventLine, LineWriter, ProofLine, Trailer, read_lines
from groupchat.projections import VIEWS
from groupchat.projections.rebuild import rebuild
from groupchat.proof.checkpoint import read_checkpoint
from groupchat.proof.growing import NAME, grow
from groupchat.proof.kept import TILES, checkpoint_texts, tiles_in
from groupchat.proof.leaf import leaf_hashes
from groupchat.proof.notes import Note
from groupchat.proof.proving import UnprovableError
from groupchat.proof.signing import sign
from groupchat.proof.tiles import root_in
from groupchat.proof.tree import root_by_inclusion, root_of
from groupchat.store.archive import Archive
from groupchat.store.positions import statuses
from groupchat.store.rows import rows_between
from tests.moving.exports import bring, exported, quietly
from tests.projections.histories import log_of, received, store_log
from tests.proof.logs import KEY, fill_and_sign, look
from tests.support.builders import a_group


def root(database, size):
    with database.read() as connection:
        assert root_of(leaf_hashes(rows_between(connection, 0, size))) == root_in(tiles_in(connection), size)
        return root_in(tiles_in(connection), size)


def proved_export(database, checkpoint=None):
    file = BytesIO()
    done = export_conversation(Archive(database), "cnv_1", file, checkpoint)
    file.seek(0)
    return done, [line for _, line in read_lines(file)]


def remade(export: bytes, change) -> bytes:
    """Write the lines of an export again, with other lines in place of some."""
    file = BytesIO()
    writer = LineWriter(file)
    for _, line in read_lines(BytesIO(export)):
        if not isinstance(line, Trailer):
            for each in change(line):
                writer.write(each)
    writer.end()
    return file.getvalue()


def test_a_move_to_another_database_keeps_the_root_and_the_checkpoints_R70(both):
    source, destination = both
    fill_and_sign(source, 260)
    fill_and_sign(source, 40, first=261)

    bring(destination, exported(source))
    assert NAME not in statuses(destination)
    grow(destination, 300)

    assert root(destination, 300) == root(source, 300)
    with destination.read() as connection, source.read() as other:
        assert checkpoint_texts(connection) == checkpoint_texts(other)
        report = look(connection)
    assert (report.faults, report.covered) == ((), 300)
    assert sign(destination, KEY) == sign(source, KEY)


def test_both_databases_give_the_same_leaves_to_the_same_events_R70(both):
    log = log_of(
        [("cnv_1", a_group()), ("cnv_é\u2028", a_group()), ("cnv_1", received("msg_1", body='Hi «all» \u2028\x7f "\\" 👋'))]
    )
    for each in both:
        store_log(each, log)
        grow(each, 3)
    assert root(both[0], 3) == root(both[1], 3)


async def test_a_rebuild_of_all_views_does_not_change_the_root_R70(world):
    await world.send(await world.group(1, 2))
    database, head = world.store.database, world.store.log.head()
    grow(database, head)
    before = root(database, head)
    await rebuild(world.store, list(VIEWS.values()), quietly)
    assert root(database, head) == before


def test_the_proofs_of_a_conversation_lead_to_its_checkpoint_R70(database):
    fill_and_sign(database, 20)
    done, lines = proved_export(database)
    (reason,) = (read_checkpoint(Note.read(line.note)) for line in lines if isinstance(line, CheckpointLine))
    proofs = {line.position: line.hashes for line in lines if isinstance(line, ProofLine)}
    positions = [line.position for line in lines if isinstance(line, EventLine)]
    assert (done.events, done.proved) == (len(positions), len(positions))
    assert list(proofs) == positions
    with database.read() as connection:
        for position, hashes in proofs.items():
            (leaf,) = leaf_hashes(rows_between(connection, position - 1, position))
            assert root_by_inclusion(leaf, position - 1, reason.size, hashes) == reason.root


def test_a_conversation_is_proved_by_the_checkpoint_that_the_recipient_has_R70(database):
    first = fill_and_sign(database, 20)
    fill_and_sign(database, 20, first=21)
    done, lines = proved_export(database, Note.read(first))
    assert [line.note for line in lines if isinstance(line, CheckpointLine)] == [first]
    assert done.proved == done.events


def test_without_a_checkpoint_a_conversation_is_exported_without_proofs_R70(database):
    store_log(database, log_of([("cnv_1", a_group())]))
    done, lines = proved_export(database)
    assert (done.events, done.proved, len(lines)) == (1, 0, 3)


def test_a_changed_conversation_is_not_exported_with_proofs_R70(database):
    fill_and_sign(database, 20)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE stored_events SET originator_version = 9 WHERE id = 15")
    with pytest.raises(UnprovableError, match="position 15 does not lead to the checkpoint of 20 events"):
        proved_export(database)


@pytest.mark.parametrize(
    ("instead", "reason"),
    [
        (lambda line: [ProofLine(1, ()), line], "a line of this kind can't be here"),
        (lambda _: [CheckpointLine("?")], "This is not a signed note"),
        (lambda line: [line, line], "covers 20 events, after one of 20"),
    ],
)
def test_a_checkpoint_of_other_events_is_rejected_R70(database, instead, reason):
    fill_and_sign(database, 20)
    export = remade(exported(database), lambda line: instead(line) if isinstance(line, CheckpointLine) else [line])
    with pytest.raises(DamagedFileError, match=reason):
        check(Archive(database), BytesIO(export), quietly)


def test_a_checkpoint_of_more_events_than_there_are_is_rejected_R70(database):
    fill_and_sign(database, 20)
    export = remade(exported(database), lambda line: [] if isinstance(line, EventLine) and line.position == 20 else [line])
    with pytest.raises(DamagedFileError, match="covers 20 events, after one of 0, but the last event has 19"):
        check(Archive(database), BytesIO(export), quietly)


def test_tiles_are_not_exported_R70(database):
    fill_and_sign(database, 20)
    assert TILES.name.encode() not in exported(database)
    assert b'"name":"proof"' not in exported(database)
