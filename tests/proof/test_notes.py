import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupchat.proof.notes import KeyFormatError, Note, NoteError, SigningKey, VerifierKey

EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
KEY = SigningKey("example.com/log", bytes(range(32)))
WITNESS = SigningKey("witness.example", bytes(range(32, 64)))
WITNESS_KEY = VerifierKey(WITNESS.name, b"\x04", WITNESS.verifier.public)


def test_the_standards_example_is_signed_by_its_key_R70():
    key = VerifierKey.read(EXAMPLE_KEY)
    assert str(key) == EXAMPLE_KEY
    note = Note.read(EXAMPLE)
    assert note.signers([key]) == [key]
    assert str(note) == EXAMPLE


def test_keys_are_read_as_they_are_written_R70():
    made = SigningKey.generate("example.com/log")
    assert SigningKey.read(made.secret() + "\n") == made
    assert VerifierKey.read(f" {made.verifier} ") == made.verifier
    assert made.secret() not in repr(made)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\nbreak", "no\N{NO-BREAK SPACE}break"])
def test_a_name_that_no_key_can_have_is_rejected_R70(name):
    with pytest.raises(KeyFormatError, match="can't be a key's name"):
        SigningKey.generate(name)


@pytest.mark.parametrize(
    "text", ["", "a", "a+b+c", EXAMPLE_KEY.replace("530d903a", "530d903b"), EXAMPLE_KEY[:-4], KEY.secret(), "é+é+é"]
)
def test_a_malformed_verifier_key_is_rejected_R70(text):
    with pytest.raises(KeyFormatError):
        VerifierKey.read(text)


@pytest.mark.parametrize("text", ["", EXAMPLE_KEY, KEY.secret()[:-8], KEY.secret().replace("example.com/log", "example.com/lag")])
def test_a_malformed_signing_key_is_rejected_and_not_shown_R70(text):
    with pytest.raises(KeyFormatError) as error:
        SigningKey.read(text)
    assert not text or text not in str(error.value)


def test_a_changed_text_does_not_match_its_signature_R70():
    note = Note.read(str(KEY.sign("text\n")).replace("text", "test"))
    with pytest.raises(NoteError, match="not of this text"):
        note.signers([KEY.verifier])


def test_signatures_of_other_keys_are_ignored_R70():
    assert KEY.sign("text\n").signers([WITNESS.verifier]) == []


def test_a_witness_adds_when_it_saw_a_note_R70():
    seen = WITNESS.cosign(KEY.sign("text\n"), at=1_700_000_000)
    assert seen.signers([KEY.verifier, WITNESS_KEY]) == [KEY.verifier, WITNESS_KEY]
    assert WITNESS.verifier not in seen.signers([WITNESS.verifier])  # the same key, but as a log's
    assert VerifierKey.read(str(WITNESS_KEY)) == WITNESS_KEY


def test_signatures_of_two_copies_are_put_together_R70():
    note = KEY.sign("text\n")
    seen = WITNESS.cosign(note, at=1)
    assert note.with_signatures_of(seen) == seen.with_signatures_of(note) == seen
    with pytest.raises(NoteError, match="another checkpoint"):
        note.with_signatures_of(KEY.sign("other\n"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text",
        "text\n",
        "text\n\n",
        "text\n\n— name c2lnbmVk",
        "text\n\nname c2lnbmVk\n",
        "text\n\n— name !\n",
        "t\0\n\n— n c2lnbmVk\n",
    ],
)
def test_a_malformed_note_is_rejected_R70(text):
    with pytest.raises(NoteError):
        Note.read(text)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_changed_byte_of_a_note_passes_R70(at, change):
    """Apart from a signature's padding bits, which don't count, and a key's name, which makes it another key's."""
    raw = bytearray(str(KEY.sign("example.com/log\n7\nhash\n")).encode())
    at %= len(raw)
    raw[at] ^= change
    try:
        note = Note.read(raw.decode())
        found = note.signers([KEY.verifier])
    except (NoteError, UnicodeDecodeError):
        return
    assert not found or note == KEY.sign("example.com/log\n7\nhash\n")
