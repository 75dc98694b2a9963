"""Tiles (c2sp.org/tlog-tiles): the tree in pieces of 256 hashes, each of which covers 8 of its heights.

A tile of level 0 has the hashes of leaves; each hash of a tile above is the root of a full tile below. Nothing in a full tile ever
changes, and only the last tile of each level can be partial.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from groupchat.proof.tree import HASH_BYTES, Node, range_root, root_of
from groupchat.values.errors import ExpectedError

HEIGHT = 8
WIDTH = 1 << HEIGHT
_TILE_PATH = re.compile(r"(?P<number>(x[0-9]{3}/){0,5}[0-9]{3})(\.p/(?P<width>[1-9][0-9]{0,2}))?")
"""At most 18 digits, which a database can store."""
_LEVEL = re.compile(r"[0-9]{1,2}")
FULL_BYTES = WIDTH * HASH_BYTES

TileReader = Callable[[int, int], bytes]
"""Returns the hashes of the tile of a level and number, as many as there are; none if there is no such tile."""


class Tile(Struct, frozen=True):
    """A tile: hashes one after the other."""

    level: int
    number: int
    hashes: bytes


class MissingTileError(ExpectedError):
    """A tile that the tree needs is missing, or too short."""

    def __init__(self, level: int, number: int) -> None:
        super().__init__(f"The tile {tile_path(level, number)} is missing or incomplete.")
        self.level = level
        self.number = number


class Growing:
    """The right edge of the tree, where leaves are added."""

    def __init__(self, size: int, read: TileReader) -> None:
        """Continue a tree of this many leaves; raises `MissingTileError`."""
        self.size = size
        self._edges: list[bytearray] = []
        for level, number, width in edge_tiles(size):
            self._edges.append(bytearray(_exactly(read(level, number), level, number, width)))

    def add(self, hashes: Sequence[bytes]) -> list[Tile]:
        """Add leaves; return the new and the extended tiles."""
        changed: list[Tile] = []
        done = 0
        while done < len(hashes):
            piece = hashes[done : done + WIDTH - self.size % WIDTH]
            changed += self._add(0, b"".join(piece))
            self.size += len(piece)
            done += len(piece)
        return changed + [Tile(level, number, bytes(self._edges[level])) for level, number, width in edge_tiles(self.size) if width]

    def _add(self, level: int, hashes: bytes) -> Iterator[Tile]:
        """Fill a level's edge as far as it has room; a full one adds its root to the level above."""
        if level == len(self._edges):
            self._edges.append(bytearray())
        edge = self._edges[level]
        edge += hashes
        if len(edge) == FULL_BYTES:
            full = bytes(edge)
            edge.clear()
            yield Tile(level, self.size >> HEIGHT * (level + 1), full)
            yield from self._add(level + 1, root_of(split(full)))


def edge_tiles(size: int) -> Iterator[tuple[int, int, int]]:
    """Return level, number and width of the last tile of each level; a width of 0 is a future tile."""
    level = 0
    while size:
        yield level, size >> HEIGHT, size % WIDTH
        size >>= HEIGHT
        level += 1


def split(hashes: bytes) -> Sequence[bytes]:
    """Return the hashes of a tile one by one."""
    return [hashes[start : start + HASH_BYTES] for start in range(0, len(hashes), HASH_BYTES)]


def node_of(read: TileReader) -> Node:
    """Return a function that finds any full node of the tree in tiles; it raises `MissingTileError`."""

    def node(height: int, index: int) -> bytes:
        level, above = divmod(height, HEIGHT)
        first = index << above
        number, start, count = first >> HEIGHT, first % WIDTH, 1 << above
        return root_of(split(_exactly(read(level, number), level, number, start + count))[start:])

    return node


def root_in(read: TileReader, size: int) -> bytes:
    """Return the root of the tree's first leaves; raises `MissingTileError`."""
    return range_root(node_of(read), 0, size)


def wrong_above(read: TileReader, size: int) -> tuple[int, int] | None:
    """Return level and number of the first tile above level 0 that has not the roots of the full tiles below it."""
    for level, last, _ in list(edge_tiles(size))[1:]:
        for number in range(last + 1):
            below = range(number << HEIGHT, min((number + 1) << HEIGHT, size >> HEIGHT * level))
            roots = b"".join(root_of(split(read(level - 1, each))) for each in below)
            if read(level, number)[: len(roots)] != roots:
                return level, number
    return None


def tile_path(level: int, number: int, width: int = WIDTH) -> str:
    """Return a tile's path, such as `tile/0/x001/234` or, for a partial one, `tile/0/001.p/17`."""
    groups = [f"{number % 1_000:03}"]
    while number := number // 1_000:
        groups.insert(0, f"x{number % 1_000:03}")
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"


def read_tile_path(level: str, path: str) -> tuple[int, int] | None:
    """Return number and width of the tile with a path below its level, such as `x001/234` or `001.p/17`; none for another path."""
    found = _TILE_PATH.fullmatch(path)
    if found is None or not _LEVEL.fullmatch(level):
        return None
    number, width = int(re.sub("[x/]", "", found["number"])), int(found["width"] or WIDTH)
    written = tile_path(int(level), number, width)
    return (number, width) if width <= WIDTH and written == f"tile/{level}/{path}" else None


def _exactly(hashes: bytes, level: int, number: int, width: int) -> bytes:
    """Return a tile's first hashes; it may have grown since."""
    if len(hashes) < width * HASH_BYTES:
        raise MissingTileError(level, number)
    return hashes[: width * HASH_BYTES]
