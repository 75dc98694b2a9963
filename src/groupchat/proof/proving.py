"""Proving that one event is in the log of a checkpoint, in the format of c2sp.org/tlog-proof, without showing any other event."""

from base64 import b64encode
from collections.abc import Iterator, Sequence

from msgspec import Struct
from sqlalchemy import Connection

from groupchat.proof.checkpoint import read_checkpoint
from groupchat.proof.kept import checkpoint_from, tiles_in
from groupchat.proof.leaf import leaf_of
from groupchat.proof.notes import Note
from groupchat.proof.tiles import node_of
from groupchat.proof.tree import inclusion_proof, leaf_hash, root_by_inclusion
from groupchat.store.rows import rows_between
from groupchat.values.errors import ExpectedError

FIRST_LINE = "c2sp.org/tlog-proof@v1"


class UnprovableError(ExpectedError):
    """A position can't be proved. The message says why."""


class Proof(Struct, frozen=True):
    """The hashes that lead from an event to the root of a checkpoint; `leaf` is the event itself."""

    position: int
    leaf: bytes
    hashes: tuple[bytes, ...]
    checkpoint: Note

    def text(self, *, with_leaf: bool) -> str:
        """Return the proof in its public format. With the leaf, verifying it needs only the log's public key."""
        extra = [f"extra {_coded(self.leaf)}"] if with_leaf else []
        lines = [FIRST_LINE, *extra, f"index {self.position - 1}", *map(_coded, self.hashes), "", str(self.checkpoint)]
        return "\n".join(lines)


def prove(connection: Connection, position: int, checkpoint: Note | None = None) -> Proof:
    """Prove the event at a position, by a checkpoint or by the first stored one that covers it.

    Raises `UnprovableError`, for example if the stored event differs from the signed one, `MissingTileError` or `NoteError`.
    """
    note = checkpoint or checkpoint_from(connection, position)
    if note is None:
        msg = f"No checkpoint covers position {position:,} yet. Run `groupchat audit checkpoint`."
        raise UnprovableError(msg)
    return next(proofs(connection, [position], note))


def proofs(connection: Connection, positions: Sequence[int], checkpoint: Note) -> Iterator[Proof]:
    """Prove events one after the other by a checkpoint; raises the same errors as `prove`."""
    head = read_checkpoint(checkpoint)
    node = node_of(tiles_in(connection))
    for position in positions:
        rows = rows_between(connection, position - 1, position)
        if not rows or not 0 < position <= head.size:
            msg = f"The checkpoint of {head.size:,} events has no position {position:,}, or there is no event at it."
            raise UnprovableError(msg)
        leaf = leaf_of(rows[0])
        hashes = inclusion_proof(node, position - 1, head.size)
        if root_by_inclusion(leaf_hash(leaf), position - 1, head.size, hashes) != head.root:
            msg = (
                f"The event at position {position:,} does not lead to the checkpoint of {head.size:,} events: events or tiles were "
                "changed. Run `groupchat audit verify`."
            )
            raise UnprovableError(msg)
        yield Proof(position, leaf, tuple(hashes), checkpoint)


def _coded(raw: bytes) -> str:
    return b64encode(raw).decode()
