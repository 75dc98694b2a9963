"""A persistent mapping: it never changes, and adding to it costs the same whatever its size.

A fold can't keep data that grows without limit in a dict or tuple, because each event would copy all of it, and the time for a long
history would grow with the square of its length. This mapping copies only a few small nodes.
"""

from collections.abc import Iterator
from typing import Any, Generic, Self, TypeVar
from zlib import crc32

from msgspec import Struct

V = TypeVar("V")

_BITS = 5
_WIDTH = 1 << _BITS
"""The number of children of a branch, and of entries in a leaf before it becomes a branch."""
_DEEPEST = 30
"""The hash has 32 bits. A leaf at the depth that uses all of them may grow."""

Node = Any
"""A leaf is a dict, a branch a tuple of nodes."""


class LastingMap(Struct, Generic[V], frozen=True, eq=False):
    """Values by text. The order of iteration has no meaning. Two are equal if their entries are."""

    root: Node = {}
    size: int = 0

    def get(self, key: str) -> V | None:
        """Return the value of a key; none if it is missing."""
        node, hash_ = self.root, _hash(key)
        while isinstance(node, tuple):
            node, hash_ = node[hash_ % _WIDTH], hash_ >> _BITS
        value: V | None = node.get(key)
        return value

    def with_(self, key: str, value: V) -> Self:
        """Return the map with a key's value."""
        return type(self)(_with(self.root, _hash(key), key, value, 0), self.size + (key not in self))

    def without(self, key: str) -> Self:
        """Return the map without a key."""
        return self if key not in self else type(self)(_without(self.root, _hash(key), key), self.size - 1)

    def items(self) -> Iterator[tuple[str, V]]:
        """Return keys and values."""
        return _items(self.root)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key) is not None

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self.items())

    def __len__(self) -> int:
        return self.size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LastingMap) and dict(self.items()) == dict(other.items())

    __hash__ = None  # type: ignore[assignment] # like a dict


def _hash(key: str) -> int:
    return crc32(key.encode())


def _with(node: Node, hash_: int, key: str, value: Any, depth: int) -> Node:
    if isinstance(node, dict):
        if len(node) < _WIDTH or key in node or depth >= _DEEPEST:
            return node | {key: value}
        node = _branch(node, depth)
    at = hash_ % _WIDTH
    return (*node[:at], _with(node[at], hash_ >> _BITS, key, value, depth + _BITS), *node[at + 1 :])


def _branch(leaf: dict[str, Any], depth: int) -> tuple[dict[str, Any], ...]:
    children: list[dict[str, Any]] = [{} for _ in range(_WIDTH)]
    for key, value in leaf.items():
        children[(_hash(key) >> depth) % _WIDTH][key] = value
    return tuple(children)


def _without(node: Node, hash_: int, key: str) -> Node:
    if isinstance(node, dict):
        return {other: value for other, value in node.items() if other != key}
    at = hash_ % _WIDTH
    return (*node[:at], _without(node[at], hash_ >> _BITS, key), *node[at + 1 :])


def _items(node: Node) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        yield from node.items()
    else:
        for child in node:
            yield from _items(child)
