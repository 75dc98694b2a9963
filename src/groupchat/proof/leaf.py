"""A leaf: a stored event, to the byte. This is the only definition of what is proved about an event (docs/adr/0021).

A leaf is five lines, of which the last may have any length: the name of this definition, the stream, the version, the wire name,
and the state as it is stored. That is every column of the event except its position, which is the leaf's place in the tree.
"""

from collections.abc import Iterable

from groupchat.proof.tree import leaf_hash
from groupchat.store.rows import EventRow

DEFINITION = b"groupchat-event/v1\n"


def leaf_of(row: EventRow) -> bytes:
    """Return the bytes of a stored event that are hashed."""
    return b"%s%s\n%s\n%s\n%s" % (DEFINITION, row.stream, str(row.version).encode(), row.type, row.state)


def leaf_hashes(rows: Iterable[EventRow]) -> list[bytes]:
    """Return the hashes of stored events."""
    return [leaf_hash(leaf_of(row)) for row in rows]
