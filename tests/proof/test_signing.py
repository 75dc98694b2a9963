import pytest
from sqlalchemy import delete, update

from groupchat.proof.checkpoint import Checkpoint, opened, read_checkpoint
from groupchat.proof.growing import grow
from groupchat.proof.kept import TILES, checkpoint_from, keep_checkpoint, newest_checkpoint
from groupchat.proof.notes import Note, NoteError, SigningKey
from groupchat.proof.signing import SigningError, sign
from groupchat.proof.tiles import MissingTileError
from groupchat.proof.tree import leaf_hash
from groupchat.store.positions import stand_at
from tests.proof.logs import KEY, fill, fill_and_sign

WITNESS = SigningKey("witness.example", bytes(32))


def test_a_checkpoint_is_signed_and_kept_R70(database):
    text = fill_and_sign(database, 10)
    assert opened(text, KEY.verifier).size == 10
    with database.read() as connection:
        assert str(newest_checkpoint(connection)) == text


def test_an_unchanged_log_gives_the_same_checkpoint_with_its_cosignatures_R70(database):
    seen = WITNESS.cosign(Note.read(fill_and_sign(database, 10)), at=1)
    with database.write() as connection:
        keep_checkpoint(connection, seen)
    assert sign(database, KEY) == seen


def test_the_first_checkpoint_that_covers_an_event_is_found_R70(database):
    first, second = fill_and_sign(database, 10), fill_and_sign(database, 10, first=11)
    with database.read() as connection:
        assert [str(checkpoint_from(connection, size)) for size in (1, 10, 11, 20)] == [first, first, second, second]
        assert checkpoint_from(connection, 21) is None


def test_nothing_is_signed_of_an_empty_tree_R70(database):
    with pytest.raises(SigningError, match="no event in the tree yet"):
        sign(database, KEY)


def test_nothing_is_signed_that_does_not_begin_with_the_last_checkpoint_R70(database):
    fill_and_sign(database, 300)
    fill(database, 10, first=301)
    with database.write() as connection:
        connection.execute(update(TILES).where(TILES.c.level == 1).values(hashes=bytes(32)))
    grow(database, 310)
    with pytest.raises(SigningError, match="does not begin with the 300 of a checkpoint that is signed already"):
        sign(database, KEY)


def test_nothing_is_signed_of_a_database_from_before_the_last_checkpoint_R70(database):
    fill_and_sign(database, 300)
    with database.write() as connection:
        stand_at(connection, "proof", 250)
    with pytest.raises(SigningError, match="has 250 events, but a checkpoint of 300 is signed already"):
        sign(database, KEY)


def test_nothing_is_signed_that_contradicts_a_checkpoint_published_before_a_restore_R70(database):
    fill_and_sign(database, 10)
    longer = Checkpoint(KEY.name, 12, leaf_hash(b"lost")).signed_with(KEY)
    fill(database, 3, first=11)
    grow(database, 11)
    with pytest.raises(SigningError, match="has 11 events, but a checkpoint of 12 is signed already"):
        sign(database, KEY, [longer])
    grow(database, 13)
    with pytest.raises(SigningError, match=r"does not begin with the 12 of a checkpoint .* or the database was restored"):
        sign(database, KEY, [longer])
    with database.read() as connection:
        assert read_checkpoint(newest_checkpoint(connection)).size == 10


def test_nothing_is_signed_where_tiles_are_missing_R70(database):
    fill_and_sign(database, 300)
    with database.write() as connection:
        connection.execute(delete(TILES).where(TILES.c.level == 1))
    with pytest.raises(MissingTileError, match="tile/1/000"):
        sign(database, KEY)


def test_nothing_is_signed_by_the_key_of_another_log_R70(database):
    fill_and_sign(database, 10)
    with pytest.raises(SigningError, match=r"to the log example\.com/other, but a checkpoint of 10 events to example\.com/log"):
        sign(database, SigningKey("example.com/other", bytes(32)))


def test_a_checkpoint_that_contradicts_a_kept_one_is_not_kept_R70(database):
    fill_and_sign(database, 10)
    other = Checkpoint(KEY.name, 10, leaf_hash(b"other")).signed_with(KEY)
    with database.write() as connection, pytest.raises(NoteError, match="another checkpoint"):
        keep_checkpoint(connection, other)
