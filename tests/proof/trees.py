"""Trees to prove things of, and the obvious way to hash one, which is slow and has no state."""

from groupchat.proof.tiles import Growing, Tile, TileReader, node_of
from groupchat.proof.tree import Node, leaf_hash, node_hash


def leaves(count):
    return [leaf_hash(b"%d" % number) for number in range(count)]


def naive_root(hashes):
    """RFC 6962, 2.1, word for word."""
    if len(hashes) == 1:
        return hashes[0]
    middle = 1
    while middle * 2 < len(hashes):
        middle *= 2
    return node_hash(naive_root(hashes[:middle]), naive_root(hashes[middle:]))


class Kept:
    """Tiles in memory."""

    def __init__(self, hashes=(), at_once=300) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.size = 0
        for start in range(0, len(hashes), at_once):
            self.add(hashes[start : start + at_once])

    def add(self, hashes):
        growing = Growing(self.size, self.read)
        for tile in growing.add(hashes):
            self.put(tile)
        self.size = growing.size

    def put(self, tile: Tile):
        self.tiles[tile.level, tile.number] = tile.hashes

    @property
    def read(self) -> TileReader:
        return lambda level, number: self.tiles.get((level, number), b"")

    @property
    def node(self) -> Node:
        return node_of(self.read)
