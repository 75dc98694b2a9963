"""Signing checkpoints: only of a tree that begins with everything that was signed before."""

from collections.abc import Sequence

from groupchat.proof.checkpoint import Checkpoint, read_checkpoint
from groupchat.proof.growing import NAME
from groupchat.proof.kept import keep_checkpoint, newest_checkpoint, tiles_in
from groupchat.proof.notes import Note, SigningKey
from groupchat.proof.tiles import TileReader, node_of, root_in
from groupchat.proof.tree import consistency_proof, is_consistent
from groupchat.store.database import Database
from groupchat.store.positions import lock
from groupchat.values.errors import ExpectedError


class SigningError(ExpectedError):
    """Nothing can be signed, because there is nothing yet, or it would contradict an earlier checkpoint. The message says which."""


def sign(database: Database, key: SigningKey, published: Sequence[Note] = ()) -> Note:
    """Sign and store a checkpoint of all events in the tree; return it. If there is no new event, the newest one is returned.

    `published` are checkpoints from elsewhere. After a restore from a backup, only they show that more was signed than the database
    has; a second history would be signed otherwise. Their signatures are not verified, because a forged one only prevents signing.

    Raises `SigningError`, and `MissingTileError` for an incomplete tree. It blocks.
    """
    with database.write() as connection:
        size = lock(connection, NAME).position
        read = tiles_in(connection)
        if not size:
            msg = "There is no event in the tree yet. `groupchat serve` and `groupchat work` fill it."
            raise SigningError(msg)
        checkpoint = Checkpoint(key.name, size, root_in(read, size))
        kept = newest_checkpoint(connection)
        for each in (*published, *([] if kept is None else [kept])):
            _require_consistent(read, read_checkpoint(each), checkpoint)
        return keep_checkpoint(connection, checkpoint.signed_with(key))


def consistent(read: TileReader, old: Checkpoint, new: Checkpoint) -> bool:
    """Return whether one checkpoint's tree begins with the other's, by a proof from tiles; raises `MissingTileError`."""
    proof = consistency_proof(node_of(read), old.size, new.size)
    return is_consistent(old.size, old.root, new.size, new.root, proof)


def _require_consistent(read: TileReader, old: Checkpoint, new: Checkpoint) -> None:
    if old.origin != new.origin:
        msg = f"This key belongs to the log {new.origin}, but a checkpoint of {old.size:,} events to {old.origin}."
        raise SigningError(msg)
    if old.size > new.size:
        msg = (
            f"The tree has {new.size:,} events, but a checkpoint of {old.size:,} is signed already. Either the tree is being "
            "computed again, or the database was restored from before that checkpoint, or events were removed. Run "
            "`groupchat audit verify --checkpoint` with that checkpoint."
        )
        raise SigningError(msg)
    if not consistent(read, old, new):
        msg = (
            f"The tree of {new.size:,} events does not begin with the {old.size:,} of a checkpoint that is signed already: events "
            "or tiles were changed, or the database was restored from before that checkpoint. Nothing was signed. Run `groupchat "
            "audit verify --checkpoint` with it."
        )
        raise SigningError(msg)
