import pytest

from groupchat.proof.checkpoint import Checkpoint, opened, read_checkpoint
from groupchat.proof.notes import Note, NoteError, SigningKey
from groupchat.proof.tree import leaf_hash

KEY = SigningKey("example.com/log", bytes(range(32)))
MADE = Checkpoint("example.com/log", 20_852_163, leaf_hash(b"a"))


def test_a_checkpoint_is_read_as_it_was_signed_R70():
    assert opened(str(MADE.signed_with(KEY)), KEY.verifier) == MADE


def test_lines_that_another_log_adds_are_ignored_R70():
    assert read_checkpoint(KEY.sign(f"{MADE}more\n")) == MADE


def test_a_checkpoint_of_another_key_is_not_believed_R70():
    thief = SigningKey(KEY.name, bytes(32))
    with pytest.raises(NoteError, match="not signed by the key"):
        opened(str(MADE.signed_with(thief)), KEY.verifier)


def test_a_checkpoint_of_another_log_is_not_believed_R70():
    other = SigningKey("example.com/other", bytes(32))
    with pytest.raises(NoteError, match=r"from the log example\.com/log, but the key is from example\.com/other"):
        opened(str(MADE.signed_with(other)), other.verifier)


@pytest.mark.parametrize("text", ["a\n", "a\n1\n", "a\n01\nAAAA\n", "a\n-1\nAAAA\n", "a\n1\nAAAA\n", "\n1\nAAAA\n", "a\n1\n!\n"])
def test_a_note_that_is_not_a_checkpoint_is_rejected_R70(text):
    with pytest.raises(NoteError, match="not a checkpoint"):
        read_checkpoint(Note(text, ()))
