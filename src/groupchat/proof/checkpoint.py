"""Checkpoints (c2sp.org/tlog-checkpoint): the number of events in the log, and the hash of all of them, signed."""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error

from msgspec import Struct

from groupchat.proof.notes import Note, NoteError, SigningKey, VerifierKey
from groupchat.proof.tree import HASH_BYTES


class Checkpoint(Struct, frozen=True):
    """The state of the log: its name (`origin`), the number of its events, and the root of their tree."""

    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    def signed_with(self, key: SigningKey) -> Note:
        """Return it as a note."""
        return key.sign(str(self))


def read_checkpoint(note: Note) -> Checkpoint:
    """Return the checkpoint in a note; raises `NoteError` if there is none. It verifies no signature: `opened` does."""
    origin, size, coded, *_ = [*note.text.split("\n"), "", ""]  # lines that other logs add do not concern the tree
    try:
        root = b64decode(coded, validate=True)
    except (Base64Error, ValueError):
        root = b""
    if not origin or not _is_count(size) or len(root) != HASH_BYTES:
        msg = "This note is not a checkpoint: its lines are the log's name, the number of events, and a hash in Base64."
        raise NoteError(msg)
    return Checkpoint(origin, int(size), root)


def in_words(note: Note) -> str:
    """Return which checkpoint a note is, in words. It verifies no signature: `opened` does."""
    origin, size, root = note.text.split("\n")[:3]
    return f"that of {origin} of {size} events with root {root}"


def opened(text: str, *keys: VerifierKey) -> Checkpoint:
    """Return the checkpoint in a text that one of the log's keys has signed; raises `NoteError` for any other text."""
    note = Note.read(text)
    checkpoint = read_checkpoint(note)
    own = [key for key in keys if key.name == checkpoint.origin]
    if not own:
        msg = f"This checkpoint is from the log {checkpoint.origin}, but the key is from {', '.join(key.name for key in keys)}."
        raise NoteError(msg)
    if not note.signers(own):
        shown = " or ".join(f"{key.name}+{key.id.hex()}" for key in own)
        msg = f"This checkpoint is not signed by the key {shown}: another key signed it, or none."
        raise NoteError(msg)
    return checkpoint


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and (text == "0" or text[0] != "0")
