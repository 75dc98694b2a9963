from base64 import b64decode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from groupchat.proof.checkpoint import opened
from groupchat.proof.notes import Note
from groupchat.proof.proving import UnprovableError, prove
from groupchat.proof.tree import leaf_hash, root_by_inclusion
from groupchat.store.database import Database
from groupchat.store.schema import migrate
from groupchat.store.tables import STORED_EVENTS
from tests.proof.logs import KEY, fill_and_sign


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('proving') / 'log.db'}")
    migrate(database)
    fill_and_sign(database, 280)
    fill_and_sign(database, 20, first=281)
    yield database
    database.close()


def root_of_text(proof):
    """Verify a proof as somebody who has nothing but its text and the key; return its position and leaf."""
    head, _, checkpoint = proof.partition("\n\n")
    first, extra, index, *hashes = head.split("\n")
    assert first == "c2sp.org/tlog-proof@v1"
    leaf, position = b64decode(extra.removeprefix("extra ")), int(index.removeprefix("index "))
    signed = opened(checkpoint, KEY.verifier)
    assert root_by_inclusion(leaf_hash(leaf), position, signed.size, [b64decode(each) for each in hashes]) == signed.root
    return position + 1, leaf


@given(st.integers(1, 300))
@settings(max_examples=30)
def test_each_event_is_proved_by_its_text_alone_R70(log, position):
    with log.read() as connection:
        proof = prove(connection, position)
    assert root_of_text(proof.text(with_leaf=True)) == (position, proof.leaf)
    assert "extra" not in proof.text(with_leaf=False)


def test_the_first_checkpoint_that_covers_it_is_taken_unless_another_is_given_R70(log):
    with log.read() as connection:
        first, second = (prove(connection, each).checkpoint for each in (5, 300))
        assert (first.text.split("\n")[1], second.text.split("\n")[1]) == ("280", "300")
        assert prove(connection, 5, second).checkpoint == second
        with pytest.raises(UnprovableError, match="No checkpoint covers position 301 yet"):
            prove(connection, 301)
        with pytest.raises(UnprovableError, match="of 280 events has no position 281"):
            prove(connection, 281, first)


def test_a_changed_event_cannot_be_proved_R70(database):
    note = Note.read(fill_and_sign(database, 20))
    with database.write() as connection:
        connection.execute(update(STORED_EVENTS).where(STORED_EVENTS.c.id == 7).values(topic="groupchat.other"))
        with pytest.raises(UnprovableError, match="position 7 does not lead to the checkpoint of 20 events"):
            prove(connection, 7, note)
