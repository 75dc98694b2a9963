"""The Merkle tree of RFC 6962: hashes, roots, and proofs. Pure functions of hashes, without any knowledge of events.

Leaves count from 0, so the event at position 1 is leaf 0. A node is named by its height above the leaves and its index among the
nodes of that height; it covers `2 ** height` leaves. The tree's storage is a function from a node's name to its hash.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256

HASH_BYTES = 32

Node = Callable[[int, int], bytes]
"""Returns the hash of the full node of a height and index."""


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf. The first byte distinguishes it from a node's."""
    return sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node with two children."""
    return sha256(b"\1" + left + right).digest()


class Frontier:
    """The full nodes that cover the leaves so far, from left to right: sufficient to continue, and to compute the root."""

    def __init__(self, nodes: Iterable[tuple[int, bytes]] = ()) -> None:
        """Begin with nodes that cover the first leaves: their heights and hashes."""
        self._nodes: list[tuple[int, bytes]] = []
        for height, hashed in nodes:
            self.add(hashed, height)

    def add(self, hashed: bytes, height: int = 0) -> None:
        """Add the next node. Its height must not be above that of the last one."""
        while self._nodes and self._nodes[-1][0] == height:
            hashed = node_hash(self._nodes.pop()[1], hashed)
            height += 1
        self._nodes.append((height, hashed))

    @property
    def size(self) -> int:
        """The number of leaves that are covered."""
        return sum(1 << height for height, _ in self._nodes)

    def root(self) -> bytes:
        """Return the hash of the whole tree; without leaves, the hash of nothing."""
        return _folded([hashed for _, hashed in self._nodes])


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root of a tree from the hashes of its leaves, height by height.

    An odd one at the end goes up unhashed until it has a partner on its left, as in RFC 6962.
    """
    while len(hashes) > 1:
        odd = hashes[-1:] if len(hashes) % 2 else ()
        hashes = [sha256(b"\1" + left + right).digest() for left, right in zip(hashes[::2], hashes[1::2], strict=False)]
        hashes += odd
    return hashes[0] if hashes else sha256(b"").digest()


def range_root(node: Node, start: int, end: int) -> bytes:
    """Return the hash of the subtree of leaves from `start`, where a subtree must begin, in a tree of `end` leaves."""
    return _folded([node(height, index) for height, index in full_nodes(start, end)])


def full_nodes(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Return the heights and indexes of the largest full nodes that cover a range of leaves, from left to right."""
    while start < end:
        height = (end - start).bit_length() - 1
        if start:
            height = min(height, (start & -start).bit_length() - 1)
        yield height, start >> height
        start += 1 << height


def _folded(hashes: Sequence[bytes]) -> bytes:
    if not hashes:
        return sha256(b"").digest()
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


# --- one leaf is in the tree


def inclusion_proof(node: Node, index: int, size: int) -> list[bytes]:
    """Return the hashes that lead from a leaf to the root of a tree of `size` leaves, the leaf's sibling first."""
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _largest_power_below(end - start)
        if index < middle:
            proof.append(range_root(node, middle, end))
            end = middle
        else:
            proof.append(range_root(node, start, middle))
            start = middle
    return proof[::-1]


def root_by_inclusion(hashed: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """Return the root to which a proof leads from a leaf's hash (RFC 9162, 2.1.3.2); none if it has the wrong length."""
    if not 0 <= index < size:
        return None
    last = size - 1
    for sibling in proof:
        if last == 0:
            return None
        if index & 1 or index == last:
            hashed = node_hash(sibling, hashed)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            hashed = node_hash(hashed, sibling)
        index, last = index >> 1, last >> 1
    return hashed if last == 0 else None


# --- one tree begins with another


def consistency_proof(node: Node, old: int, new: int) -> list[bytes]:
    """Return the hashes that show that a tree of `new` leaves begins with the one of `old` leaves (RFC 6962, 2.1.2)."""
    return _subproof(node, old, 0, new, known=True) if 0 < old < new else []


def _subproof(node: Node, old: int, start: int, end: int, *, known: bool) -> list[bytes]:
    """`known`: the old tree is this very subtree, so the proof needs no hash for it."""
    if old == end:
        return [] if known else [range_root(node, start, end)]
    middle = start + _largest_power_below(end - start)
    if old <= middle:
        return [*_subproof(node, old, start, middle, known=known), range_root(node, middle, end)]
    return [*_subproof(node, old, middle, end, known=False), range_root(node, start, middle)]


def is_consistent(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Return whether a proof shows that the tree of `new` leaves begins with the one of `old` leaves (RFC 9162, 2.1.4.2)."""
    if not 0 < old < new:
        return not proof and (old == 0 or (old == new and old_root == new_root))
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    index, last = old - 1, new - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _largest_power_below(number: int) -> int:
    return 1 << (number - 1).bit_length() - 1
